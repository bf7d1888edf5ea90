#!/bin/sh
# makedumpfile, for kdumpctl's capture kernel: its last words are /proc/vmcore for a stream, or that and a file.
# kdump-utils 1.0.60 and 1.0.61 run makedumpfile with -F for an ssh target, also when the dump could not be sent and goes
# into a file on this host after all: makedumpfile refuses that. Here -F goes with a stream alone. kdump.sh adds -F to
# whatever has makedumpfile in its name, so this has not.
for last; do :; done
case $last in
    /proc/vmcore) exec makedumpfile -F "$@" ;;
    *) exec makedumpfile "$@" ;;
esac
