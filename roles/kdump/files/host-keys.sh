#!/bin/sh
# Runs on a server, as root: the public host keys that its sshd serves; files of others may lie beside them.
# Taken out of the private keys: a .pub may be gone, or another's. A previous key counts until sshd has let go of it
# (see rotate-host-keys.sh of role dump_server).
# The words after -C are for old releases, which refuse to answer about a Match block without them.
# SSH_DIRECTORY is for unit tests.
PATH=$PATH:/usr/sbin
keys=$(sshd -T -C user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22 2>/dev/null | sed -n 's/^hostkey //p')
found=$(
    for key in ${keys:-"${SSH_DIRECTORY:-/etc/ssh}"/ssh_host_*_key}; do
        [ -e "$key" ] || [ -e "$key.pub" ] || continue # sshd serves the others without it
        ssh-keygen -y -P '' -f "$key" 2>/dev/null </dev/null || cat "$key.pub" || exit
        [ ! -e "$key.former.pub" ] || cat "$key.former.pub" || exit
    done
) || exit
[ -n "$found" ] || { echo "sshd has no host keys" >&2; exit 1; }
printf '%s\n' "$found" | awk '!seen[$1, $2]++'
