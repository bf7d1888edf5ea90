#!/bin/sh
# merge-keys PROGRAM OWNER FILE look|write: the entries of standard input into a server's authorized_keys.
# A host that has entries on standard input has these alone, and none where there is a line "forget HOST". Other hosts keep
# what they have: another run, of hosts that this one knows nothing of, may be writing at the same moment. Entries of
# collectors, and lines of no host, are those of standard input alone. With look it prints what the file would be.
# sshd goes by the first entry of a key, so an entry whose key another host has, or had before this run, or a collector, is
# left out. Standard error has a line for each, "refused", the host and the reason, with tabs between them; such lines of
# standard input are passed on.
set -eu
umask 077
export LC_ALL=C
program=$1 owner=$2 file=$3 how=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/wanted"
: >"$work/refused"
if [ "$how" = write ]; then
    exec 9<"${file%/*}"
    flock 9
fi
current=$file
[ -e "$file" ] || current=/dev/null
# No pipes: if one of these fails, an empty file would lock all hosts out.
awk -v program="$program" -v refused="$work/refused" '
    function host() { return NF == 6 && $1 == "restrict,command=\"" program && $3 ~ /"$/ && $2 == $6 ? $2 : "" }
    function collects() { return NF == 5 && $1 == "restrict,command=\"" program && $2 == "--collect\"" }
    # Who else has this key; the host that is alone in having it on the server keeps it.
    function other(name, key) {
        if (key in collectors) return "a collector"
        if (key in holder) return holder[key] == name ? second_holder[key] : holder[key]
        return claimant[key] == name ? second_claimant[key] : claimant[key]
    }
    function fits(name, key, whose) {
        whose = other(name, key)
        if (whose != "") print "refused\t" name "\tthe public key that it gives is that of " whose >refused
        return whose == ""
    }
    stage == "holders" {
        if (host() == "") next
        if (!($5 in holder)) holder[$5] = $2
        else if (holder[$5] != $2) second_holder[$5] = $2
        next
    }
    stage == "claims" {
        if (collects()) collectors[$4]
        if (host() == "") next
        if (!($5 in claimant)) claimant[$5] = $2
        else if (claimant[$5] != $2) second_claimant[$5] = $2
        next
    }
    stage == "current" && (host() == "" || host() in settled || !fits($2, $5)) { next }
    stage == "wanted" && NF == 2 && $1 == "forget" { settled[$2]; next }
    stage == "wanted" && $1 == "refused" { print >refused; next }
    stage == "wanted" && host() != "" { if (!fits($2, $5)) next; settled[$2] }
    NF && !seen[$0]++ { print host() "\t" $0 }
' stage=holders "$current" stage=claims "$work/wanted" stage=wanted "$work/wanted" stage=current "$current" >"$work/lines"
sort -s -t "$(printf '\t')" -k 1,1 -o "$work/sorted" "$work/lines"
cut -f 2- "$work/sorted" >"$work/merged"
sort -u "$work/refused" >&2
if [ "$how" = look ]; then
    cat "$work/merged"
    exit
fi
cp "$work/merged" "$file.new"
[ "$(id -u)" -ne 0 ] || chown "$owner:" "$file.new"
chmod 0644 "$file.new"
mv "$file.new" "$file"
if command -v restorecon >/dev/null; then restorecon "$file" || :; fi
