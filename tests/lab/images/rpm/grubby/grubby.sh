#!/usr/bin/env bash
# The lab's stand-in for grubby: reads and edits Boot Loader Specification entries as grubby(8) describes it. With ALL
# it keeps /etc/kernel/cmdline and GRUB_CMDLINE_LINUX in step, for the later kernels.
# LAB_ROOT is for unit tests: a directory in place of /.

root=${LAB_ROOT:-}
entries=$root/boot/loader/entries
grubenv=$root/boot/grub2/grubenv
default_grub=$root/etc/default/grub
future=$root/etc/kernel/cmdline

fail() {
    echo "$*" >&2
    exit 1
}

value() { sed -n "s/^$2[[:blank:]]\{1,\}//p" "$entries/$1.conf"; }

# The entries' names, the newest kernel first: an entry's place here is its index.
mapfile -t ids < <(find "$entries" -name '*.conf' -printf '%f\n' | sed 's/\.conf$//' | sort -Vr)

default_index() {
    local saved index
    saved=$(sed -n 's/^saved_entry=//p' "$grubenv")
    for index in "${!ids[@]}"; do
        if [[ $saved == "$index" || $saved == "${ids[index]}" || $saved == "$(value "${ids[index]}" title)" ]]; then
            echo "$index"
            return
        fi
    done
    [[ $saved ]] || echo 0
}

# The indexes that ALL, DEFAULT, an index, TITLE=... or the path of a kernel means.
chosen() {
    local which=$1 index found=()
    case $which in
    ALL) found=("${!ids[@]}") ;;
    DEFAULT) found=("$(default_index)") ;;
    *)
        for index in "${!ids[@]}"; do
            case $which in
            "$index" | "$(value "${ids[index]}" linux)" | "TITLE=$(value "${ids[index]}" title)") found+=("$index") ;;
            esac
        done
        ;;
    esac
    [[ ${found[*]} ]] || fail "The param $which is incorrect"
    printf '%s\n' "${found[@]}"
}

show() {
    local index=$1 id=${ids[$1]} word disk='' words=()
    for word in $(value "$id" options); do
        if [[ $word == root=* && -z $disk ]]; then
            disk=${word#root=}
        else
            words+=("$word")
        fi
    done
    echo "index=$index"
    echo "kernel=\"$(value "$id" linux)\""
    echo "args=\"${words[*]}\""
    [[ $disk ]] && echo "root=\"$disk\""
    echo "initrd=\"$(value "$id" initrd)\""
    echo "title=\"$(value "$id" title)\""
    echo "id=\"$id\""
}

# A command line without some words (a bare name means every value of it) and with others, which replace those of the
# same name and stand at the end.
changed() {
    local old=$1 word kept=() added=() drop=" $remove "
    read -r -a added <<<"$add"
    for word in "${added[@]}"; do drop+="${word%%=*} "; done
    for word in $old; do
        [[ $drop == *" $word "* || $drop == *" ${word%%=*} "* ]] || kept+=("$word")
    done
    echo "${kept[*]}" "${added[*]}" | sed 's/^ *//; s/ *$//'
}

# Puts a text in the place of what follows a prefix, in the line of a file that begins with it.
replace() {
    local file=$1 prefix=$2 text
    text=$(printf %s "$3" | sed 's/[&|\\]/\\&/g')
    sed -i "s|^$prefix.*|$prefix$text|" "$file"
}

update() {
    local which=$1 index indexes old
    [[ $add || $remove ]] || return 0
    indexes=$(chosen "$which") || exit
    for index in $indexes; do
        replace "$entries/${ids[index]}.conf" 'options ' "$(changed "$(value "${ids[index]}" options)")"
    done
    [[ $which == ALL ]] || return 0
    old=$(sed -n 's/^GRUB_CMDLINE_LINUX="\(.*\)"$/\1/p' "$default_grub")
    if [[ $old && -z $keep_default_grub ]]; then
        replace "$default_grub" GRUB_CMDLINE_LINUX= "\"$(changed "$old")\""
    fi
    [[ -f $future ]] || value "${ids[-1]}" options >"$future"
    old=$(<"$future")
    changed "$old" >"$future"
}

set_default() {
    local index
    index=$(chosen "$1") || exit
    index=${index%%$'\n'*}
    grub2-editenv "$grubenv" set "saved_entry=${ids[index]}"
    echo "The default is $entries/${ids[index]}.conf with index $index and kernel $(value "${ids[index]}" linux)" >&2
}

(($#)) || fail 'no action specified'
options=$(getopt -n grubby -o '' -l info:,update-kernel:,args:,remove-args:,set-default:,set-default-index: \
    -l default-kernel,default-index,default-title,no-etc-grub-update -- "$@") || exit 1
eval set -- "$options"
action='' which='' add='' remove='' keep_default_grub=''
while [[ $1 != -- ]]; do
    case $1 in
    --args) add=$2 && shift ;;
    --remove-args) remove=$2 && shift ;;
    --no-etc-grub-update) keep_default_grub=yes ;;
    --default-*) action=$1 ;;
    *) action=$1 which=$2 && shift ;;
    esac
    shift
done
case $action in
--default-kernel) value "${ids[$(default_index)]}" linux ;;
--default-index) default_index ;;
--default-title) value "${ids[$(default_index)]}" title ;;
--info)
    indexes=$(chosen "$which") || exit
    for index in $indexes; do show "$index"; done
    ;;
--update-kernel) update "$which" ;;
--set-default | --set-default-index) set_default "$which" ;;
*) fail 'no action specified' ;;
esac
