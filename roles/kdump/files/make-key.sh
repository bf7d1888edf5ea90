#!/bin/sh
# Makes a key pair without a passphrase: make-key FILE COMMENT. Ed25519 is not approved for FIPS mode: ECDSA there.
# FIPS_FILE is for unit tests.
set -eu
umask 077
mkdir -p "$(dirname "$1")"
if [ "$(cat "${FIPS_FILE:-/proc/sys/crypto/fips_enabled}" 2>/dev/null)" = 1 ]; then
    exec ssh-keygen -q -t ecdsa -b 384 -N '' -C "$2" -f "$1"
fi
exec ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"
