#!/bin/sh
# Runs on a dump server, as root: new host keys beside those that sshd serves, and then in their place.
#   rotate-host-keys CONFIG look|write STEP; with look it only says what it would do.
# KEY.new is the new key. KEY.former.pub is there from the moment that the previous one is given up until the running
# sshd is seen to have let go of it: as long as it is there, hosts have to know both.
#
# state    says "begun" where a switch did not come to its end
# make     makes the new keys, and says with which lines sshd serves both
# switch   puts them into the places of the previous ones, which are gone then
# confirm  asks the running sshd, and forgets the previous ones
set -eu
umask 077
export LC_ALL=C
PATH=$PATH:/usr/sbin
config=$1 how=$2 step=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What sshd says without the lines of a rotation. The words after -C: see host-keys.sh of role kdump.
sed '/^# BEGIN kdump.fleet host keys$/,/^# END kdump.fleet host keys$/d' "$config" >"$work/sshd_config"
settings() { sshd -T -f "$work/sshd_config" -C user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22 "$@"; }
settings >"$work/settings"
sed -n 's/^hostkey //p' "$work/settings" | awk '!seen[$0]++' | while IFS= read -r key; do
    [ ! -f "$key" ] || printf '%s\n' "$key" # of its default ones sshd does without those that are missing
done >"$work/keys"

public() { ssh-keygen -y -P '' -f "$1" </dev/null; }
# "TYPE BITS" of a key.
kind() { public "$1" | cut -d ' ' -f 1 && public "$1" | ssh-keygen -l -f - | cut -d ' ' -f 1; }
labels() { if command -v restorecon >/dev/null; then restorecon "$@" || :; fi; }

make() { # KEY
    # shellcheck disable=SC2046  # words on purpose
    set -- "$1" $(kind "$1")
    [ $# -eq 3 ] || { echo "$1 is not a private key that can be read here, so this cannot renew it" >&2; return 1; }
    if [ "$(public "$1.new" 2>/dev/null | cut -d ' ' -f 1)" != "$2" ]; then
        echo "made $1.new"
        [ "$how" = write ] || { echo "key $2 made-by-the-run:$1.new"; return; }
        case $2 in
            ssh-ed25519) set -- "$1" -t ed25519 ;;
            ecdsa-sha2-*) set -- "$1" -t ecdsa -b "$3" ;;
            ssh-rsa) set -- "$1" -t rsa -b $(($3 < 3072 ? 3072 : $3)) ;;
            *) echo "$1 is of type $2, which this cannot renew: take it out of sshd's configuration" >&2 && return 1 ;;
        esac
        key=$1
        shift
        # Completely or not at all: a run may be interrupted. As readable as the previous one, no more.
        rm -f "$key.new" "$key.new.pub" "$key.making" "$key.making.pub"
        ssh-keygen -q "$@" -N '' -C "root@$(uname -n)" -f "$key.making" </dev/null
        chown --reference="$key" "$key.making"
        chmod --reference="$key" "$key.making"
        rm "$key.making.pub"
        mv "$key.making" "$key.new"
        set -- "$key"
    fi
    echo "key $(public "$1.new")"
}

case $step in
    state)
        while IFS= read -r key; do
            [ ! -f "$key.former.pub" ] || echo begun
        done <"$work/keys" | uniq
        ;;
    make)
        if grep '^hostcertificate ' "$work/settings" >&2; then
            echo "A certificate is for one key, so these must be renewed where they are made, and the keys with them." >&2
            exit 1
        fi
        command -v ssh-keyscan >/dev/null || { echo "ssh-keyscan (of OpenSSH's client) is missing" >&2; exit 1; }
        [ -s "$work/keys" ] || { echo "sshd has no host keys" >&2; exit 1; }
        while IFS= read -r key; do make "$key"; done <"$work/keys"
        # With a HostKey of ours sshd takes none of its default ones. What a file of the administrator names must not be
        # named again: clients that learn keys (UpdateHostKeys) refuse a list with duplicates.
        read -r first <"$work/keys"
        settings -o "HostKey=$first" | sed -n 's/^hostkey //p' | sed 1d >"$work/named"
        grep -vxF -f "$work/named" "$work/keys" | sed 's/^/line HostKey /'
        sed 's/.*/line HostKey &.new/' "$work/keys"
        ;;
    switch)
        sshd -t -f "$config"
        while IFS= read -r key; do
            if [ -f "$key.new" ]; then
                echo "switched $key"
                [ "$how" = write ] || continue
                public "$key" >"$work/former"
                cp "$work/former" "$key.former.pub"
                rm -f "$key.pub" # sshd does without it, and not with one of another key
                mv "$key.new" "$key"
            elif [ ! -f "$key.former.pub" ] || [ "$how" = look ]; then
                continue
            fi
            public "$key" >"$work/public"
            chmod 644 "$work/public"
            mv "$work/public" "$key.pub"
            labels "$key" "$key.pub"
        done <"$work/keys"
        ;;
    confirm)
        while IFS= read -r key; do
            [ -f "$key.former.pub" ] || continue
            echo "$key" >>"$work/switched"
            cut -d ' ' -f 1,2 "$key.former.pub" >>"$work/former"
            public "$key" | cut -d ' ' -f 1,2 >>"$work/new"
        done <"$work/keys"
        [ -f "$work/switched" ] || exit 0
        types=$(cut -d ' ' -f 1 "$work/new" | sed 's/^ssh-//; s/^ecdsa-.*/ecdsa/' | sort -u | paste -s -d ,)
        # Where it listens, as somebody on this machine reaches it: "[::]:22", "0.0.0.0:22".
        sed -n 's/^listenaddress //p' "$work/settings" >"$work/places"
        while IFS= read -r place; do
            address=$(echo "${place%:*}" | sed 's/^\[\(.*\)\]$/\1/; s/^0\.0\.0\.0$/127.0.0.1/; s/^::$/::1/')
            ssh-keyscan -T 5 -t "$types" -p "${place##*:}" "$address" 2>/dev/null >"$work/scan" || :
            [ ! -s "$work/scan" ] || break
        done <"$work/places"
        awk '{ print $2, $3 }' "$work/scan" >"$work/served"
        if grep -qxF -f "$work/former" "$work/served" || ! grep -qxF -f "$work/new" "$work/served"; then
            echo "The new host keys are in place, and the running sshd does not serve them yet. It serves on" \
                "$(paste -s -d ' ' "$work/places"): $(paste -s -d , "$work/served")" >&2
            exit 1
        fi
        while IFS= read -r key; do rm -f "$key.former.pub" "$key.new.pub"; done <"$work/switched"
        ;;
esac
