# Lists what nothing refers to below the folders of llamafleet, or removes it. functions.sh of the
# services role is prepended. Arguments: show or remove, then `build:DIRECTORY`, `program:PATH`,
# `weights:PATH` and `store:FOLDER` for what the fleet file has for this host.
# Output: a line `prune 1`, then `unused KIND KB PATH`; of files in use there is none.
set -eu
mode=$1
shift
tab=$(printf '\t')
[ "$mode" != remove ] || {
    exec 9>>"$state/lock"
    ! command -v flock >/dev/null || flock -w 600 9 || {
        echo "another rollout is running on this host: run this again" >&2
        exit 1
    }
}
echo 'prune 1'
# Everything that is in use, a path a line: what the fleet file names, kept generations, processes.
in_use() {
    for item in "$@"; do printf '%s\n' "${item#*:}"; done
    for item in "$@"; do
        case $item in build:* | weights:*) readlink -f -- "$root${item#*:}" 2>/dev/null || : ;; esac
    done
    for folder in "$generations"/*; do
        [ -f "$folder/names.tsv" ] || continue
        while IFS=$tab read -r kind path found; do
            printf '%s\n' "$path"
            [ "$kind" != build ] || printf '%s\n' "$root$found"
            case $kind.$found in weights.link*) printf '%s\n' "${found#link }" ;; esac
        done <"$folder/names.tsv"
    done
    readlink /proc/[0-9]*/exe 2>/dev/null | sed 's/ (deleted)$//; s|/[^/]*$||' | grep '/llamafleet/' || :
    readlink /proc/[0-9]*/exe 2>/dev/null | grep '/llamafleet/' || :
}
used=$(in_use "$@" | sort -u)
uses() { printf '%s\n' "$used" | grep -q -x -F -e "$1" -e "${1#"$root"}"; }
drop() { # kind path
    printf 'unused %s %s %s\n' "$1" "$(du -sk -- "$2" 2>/dev/null | cut -f 1)" "${2#"$root"}"
    [ "$mode" != remove ] || rm -rf -- "$2"
}
compiling() { # fingerprint, or nothing for any
    systemctl list-units --plain --no-legend --state=active,activating \
        "llamafleet-build-${1:-*}*" 2>/dev/null | grep -q .
}
for link in "$builds"/*; do
    [ ! -L "$link" ] || uses "$link" || drop name "$link"
done
hex='[0-9a-f][0-9a-f][0-9a-f]'
for install in "$builds"/*-$hex$hex$hex$hex; do
    [ ! -d "$install" ] || [ -L "$install" ] || uses "$install" || drop build "$install"
done
compiling || for left in "$builds"/.*.new; do
    [ ! -d "$left" ] || drop unfinished "$left"
done
for release in "$root"/opt/llamafleet/llama-swap/*; do
    [ -d "$release" ] && [ ! -L "$release" ] || continue
    uses "$release/llama-swap" || uses "$release" || drop release "$release"
done
# Weights are in use, too, while a process has them open: a llama-server maps them.
mapped=$(sed -n 's/^[^/]*\(\/.*\/\.store\/[0-9a-f]*\)$/\1/p' /proc/[0-9]*/maps 2>/dev/null | sort -u)
fetching() { systemctl list-units --plain --no-legend 'llamafleet-weights-*' 2>/dev/null | grep -q .; }
for item in "$@"; do
    case $item in store:*) store=$root${item#store:} ;; *) continue ;; esac
    for file in "$store"/*; do
        name=${file##*/}
        case $name in
        *.part)
            ! fetching || continue
            drop arriving "$file"
            [ "$mode" != remove ] || rm -f -- "$file.state"
            ;;
        *.*) ;;
        *)
            # A file that a name of its own leads to is no copy of ours alone.
            [ -f "$file" ] && [ "$(stat -c %h -- "$file")" = 1 ] || continue
            uses "$file" || printf '%s\n' "$mapped" | grep -q -x -F -e "${file#"$root"}" || {
                drop weights "$file"
                [ "$mode" != remove ] || rm -f -- "$file.pieces"
            }
            ;;
        esac
    done
done
for work in "$state"/build/*; do
    [ ! -d "$work" ] || compiling "${work##*/}" || drop work "$work"
done
true
