#!/bin/sh
# merge-keys PROGRAM OWNER FILE look|write: the entries of standard input into a server's authorized_keys.
# A host that has entries on standard input has these alone, and none where there is a line "forget HOST". Other hosts keep
# what they have: another run, of hosts that this one knows nothing of, may be writing at the same moment. Entries of
# collectors, and lines of no host, are those of standard input alone. With look it prints what the file would be.
set -eu
umask 077
export LC_ALL=C
program=$1 owner=$2 file=$3 how=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/wanted"
if [ "$how" = write ]; then
    exec 9<"${file%/*}"
    flock 9
fi
current=$file
[ -e "$file" ] || current=/dev/null
# No pipes: if one of these fails, an empty file would lock all hosts out.
awk -v program="$program" '
    function host() { return NF == 6 && $1 == "restrict,command=\"" program && $3 ~ /"$/ && $2 == $6 ? $2 : "" }
    current && (host() == "" || host() in settled) { next }
    !current && NF == 2 && $1 == "forget" { settled[$2]; next }
    !current { settled[host()] }
    NF && !seen[$0]++ { print host() "\t" $0 }
' "$work/wanted" current=1 "$current" >"$work/lines"
sort -s -t "$(printf '\t')" -k 1,1 -o "$work/sorted" "$work/lines"
cut -f 2- "$work/sorted" >"$work/merged"
if [ "$how" = look ]; then
    cat "$work/merged"
    exit
fi
cp "$work/merged" "$file.new"
[ "$(id -u)" -ne 0 ] || chown "$owner:" "$file.new"
chmod 0644 "$file.new"
mv "$file.new" "$file"
if command -v restorecon >/dev/null; then restorecon "$file" || :; fi
