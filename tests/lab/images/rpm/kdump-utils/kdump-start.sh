#!/bin/sh
# Part of the lab's stand-in for kdump-utils: the devices are there, the capture begins.
/bin/bash /usr/bin/kdump.sh # which names /usr/bin/env, and that is not here
