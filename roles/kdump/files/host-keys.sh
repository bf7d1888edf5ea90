#!/bin/sh
# Runs on a server: the public host keys that its sshd serves; files of others may lie beside them.
# SSH_DIRECTORY is for unit tests.
PATH=$PATH:/usr/sbin
keys=$(sshd -T 2>/dev/null | sed -n 's/^hostkey //p')
for key in ${keys:-"${SSH_DIRECTORY:-/etc/ssh}"/ssh_host_*_key}; do
    cat "$key.pub" || exit
done
