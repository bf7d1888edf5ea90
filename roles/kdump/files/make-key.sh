#!/bin/sh
# make-key FILE COMMENT look|write: a key pair without a passphrase, where there is none. Says what it makes, with look too.
# FIPS mode does without Ed25519: ECDSA there, and in the place of a key that was made before the host was switched to it,
# with which its ssh gets nowhere. That one stays beside it, as FILE.before-fips. FIPS_FILE is for unit tests.
set -eu
umask 077
type='ed25519'
[ "$(cat "${FIPS_FILE:-/proc/sys/crypto/fips_enabled}" 2>/dev/null)" != 1 ] || type='ecdsa -b 384'
if [ -e "$1" ]; then
    # How every unencrypted private Ed25519 key begins. ssh-keygen would not read it in FIPS mode, and a .pub may be gone.
    [ "$type" != ed25519 ] && grep -q '^b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW' "$1" || exit 0
fi
echo "made $1"
[ "$3" = write ] || exit 0
mkdir -p "$(dirname "$1")"
[ ! -e "$1" ] || mv -f "$1" "$1.before-fips"
rm -f "$1.pub"
# shellcheck disable=SC2086  # two words on purpose
exec ssh-keygen -q -t $type -N '' -C "$2" -f "$1"
