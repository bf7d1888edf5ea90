#!/bin/sh
# max-startups SSHD CONFIG WANTED: whether sshd goes by this MaxStartups (sshd_config(5)). Of several lines the first or
# the last one counts, as the release has it, so sshd itself is asked.
set -eu
sshd=$1 config=$2
case $3 in
    *:*) wanted=$3 ;;
    *) wanted=$3:30:$3 ;; # as sshd completes it
esac
# The words after -C: see host-keys.sh of role kdump.
said=$("$sshd" -T -f "$config" -C user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22)
found=$(printf '%s\n' "$said" | sed -n 's/^maxstartups //p')
[ "$found" != "$wanted" ] || exit 0
echo "sshd goes by MaxStartups $found, and dump_server_max_startups is $wanted: another line outweighs the role's. Take it" \
    "out, and reload the ssh server; or have dump_server_max_startups say what it says, or be empty. The lines:" >&2
grep -sHi '^[[:space:]]*maxstartups' "$config" "$config".d/*.conf >&2 || :
exit 1
