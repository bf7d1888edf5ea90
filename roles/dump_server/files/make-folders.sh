#!/bin/sh
# make-folders AREA USER look|write: a directory for each name on standard input, the user's. Says which ones were
# missing, and which ones were somebody else's: of a run that was interrupted, of a disk from a backup, of another
# dump_server_user. Done in one go, because a task for each of thousands of hosts would take as many connections.
set -eu
area=$1 user=$2 what=$3
line_break='
'
strange=
# In check mode there may be no such user yet.
if owner=$(id -u "$user" 2>/dev/null) && [ "$(id -u)" -eq 0 ] && [ -d "$area" ]; then
    strange=$(find "$area" -mindepth 1 -maxdepth 1 -type d ! -uid "$owner" -printf '%f\n')
fi
while IFS= read -r host || [ -n "$host" ]; do
    case $host in
        '' | .* | -* | *[!A-Za-z0-9_.-]*)
            [ -z "$host" ] && continue
            echo "$host cannot have a directory on a dump server: use letters, digits and ._- in its inventory name." >&2
            exit 1
            ;;
    esac
    if [ ! -d "$area/$host" ] || [ -L "$area/$host" ]; then
        echo "made $area/$host"
        [ "$what" = look ] || mkdir -m 0700 "$area/$host"
    else
        case $line_break$strange$line_break in
            *"$line_break$host$line_break"*) echo "gave $area/$host to $user" ;;
            *) continue ;;
        esac
    fi
    [ "$what" = look ] || [ "$(id -u)" -ne 0 ] || chown -h "$user:" "$area/$host"
done
