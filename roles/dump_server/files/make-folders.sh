#!/bin/sh
# make-folders AREA USER look|write: a folder for each name on standard input. Says which ones were missing.
# Done in one go, because a task for each of thousands of hosts would take as many connections.
set -eu
area=$1 user=$2 what=$3
while IFS= read -r host || [ -n "$host" ]; do
    case $host in
        '' | .* | -* | *[!A-Za-z0-9_.-]*)
            [ -z "$host" ] && continue
            echo "$host cannot have a folder on a dump server: use letters, digits and ._- in its inventory name." >&2
            exit 1
            ;;
    esac
    if [ ! -d "$area/$host" ] || [ -L "$area/$host" ]; then
        echo "made $area/$host"
        [ "$what" = look ] || mkdir -m 0700 "$area/$host"
        [ "$what" = look ] || [ "$(id -u)" -ne 0 ] || chown "$user:" "$area/$host"
    fi
done
