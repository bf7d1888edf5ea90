#!/bin/sh
# remove-key COMMENT look|write FILE...: removes those private keys, with their .pub, that make-key.sh made with this comment.
# The comment counts that is inside the private key: a .pub may be gone, or another's. A key of somebody else, a link and
# an encrypted key stay. Says what it removes, with look too.
set -eu
export LC_ALL=C
comment=$1 how=$2
shift 2
for key; do
    [ -f "$key" ] && [ ! -h "$key" ] || continue
    # In OpenSSH's format, which make-key.sh writes, a byte of its length stands before the comment, which may be printable.
    sed '/^-----/d' "$key" | base64 -d 2>/dev/null | tr -c '[:print:]' '\n' | sed 's/^.\{0,1\}kdump-/kdump-/' |
        grep -qxF -e "$comment" || continue
    echo "removed $key"
    [ "$how" = look ] || rm -f "$key" "$key.pub"
done
