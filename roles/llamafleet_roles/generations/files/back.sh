# Points the names of builds and weights to what they were in a generation. Argument: its number.
# functions.sh of the services role is prepended. Everything is looked at before anything changes.
set -eu
number=$1
names=$generations/$number/names.tsv
tab=$(printf '\t')
exec 9>>"$state/lock"
! command -v flock >/dev/null || flock -w 600 9 || {
    echo "another rollout is running on this host: run this again" >&2
    exit 1
}
target() { # path link: the file that a link at this path leads to
    case $2 in
    /*) printf '%s\n' "$root$2" ;;
    *) printf '%s\n' "$root${1%/*}/$2" ;;
    esac
}
gone=
missing() { # message
    echo "$1" >&2
    gone=yes
}
while IFS=$tab read -r kind path found; do
    case $kind in
    build)
        [ "$found" = absent ] || [ -d "$root$found" ] || missing "the build $found is no longer on this host (keep = N in its build block says how many stay)"
        ;;
    program)
        [ "$found" = there ] && [ -e "$root$path" ] || missing "$path is no longer on this host"
        ;;
    weights)
        case $found in
        link*) [ -e "$(target "$path" "${found#link }")" ] || missing "the weights ${found#link } are no longer on this host" ;;
        *)
            now=$(printf 'weights\t%s\n' "$path" | stand_for | cut -f 3)
            [ "$now" = "$found" ] || [ "$found" = absent ] ||
                missing "the weights $path were replaced or removed since ($found, now $now)"
            ;;
        esac
        ;;
    esac
done <"$names"
[ -z "$gone" ] || {
    echo "generation $number cannot be brought back without them: nothing was changed" >&2
    echo "roll out the fleet file of that time instead" >&2
    exit 1
}
point() { # path target
    [ "$(readlink -- "$1" 2>/dev/null)" != "$2" ] || return 0
    rm -f -- "$1.llamafleet-new"
    ln -s -- "$2" "$1.llamafleet-new"
    mv -fT -- "$1.llamafleet-new" "$1"
    sync -- "${1%/*}" 2>/dev/null || sync
    echo "$1 is now $2"
}
while IFS=$tab read -r kind path found; do
    case $kind in
    build)
        [ "$found" != absent ] || continue
        previous=$(readlink -f -- "$root$path" 2>/dev/null) || previous=
        [ ! -d "$previous" ] || touch -- "$previous"
        # The time of an install is when it was last current: switch.sh keeps the last ones.
        touch -- "$root$found"
        point "$root$path" "${found##*/}"
        ;;
    weights)
        case $found in
        link*) point "$root$path" "${found#link }" ;;
        esac
        ;;
    esac
done <"$names"
