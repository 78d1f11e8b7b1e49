# Prints which weights exist, and what was recorded of them; never fails.
# Arguments: the folder of records, that of the store, the site that shares it, then a KEY and a
# PATH for each file.
echo 'weights 1'
records=$1 store=$2 site=$3
shift 3
while [ $# -gt 1 ]; do
    if [ -f "$2" ]; then
        printf 'file\t%s\t%s\n' "$1" "$(stat -Lc '%s %Y' -- "$2" 2>/dev/null)"
        [ ! -f "$records/$1" ] || printf 'known\t%s\t%s\n' "$1" "$(head -n 1 -- "$records/$1")"
    fi
    shift 2
done
systemctl list-units --plain --no-legend 'llamafleet-weights-*' 2>/dev/null | while read -r unit rest; do
    printf 'running\t%s\n' "$unit"
done
if [ -n "$store" ]; then
    for file in "$store"/*; do
        name=${file##*/}
        case $name in
        *.part.state) # its first line is no piece
            lines=$(wc -l <"$file" 2>/dev/null || echo 1)
            printf 'received\t%s\t%s\n' "${name%.part.state}" $((lines > 0 ? lines - 1 : 0))
            ;;
        *.*) ;;
        *) [ ! -f "$file.pieces" ] || printf 'stored\t%s\n' "$name" ;;
        esac
    done
    there=$store
    while [ ! -d "$there" ] && [ "$there" != / ] && [ -n "$there" ]; do there=$(dirname -- "$there"); done
    printf 'free\t%s\n' "$(df -Pk -- "$there" 2>/dev/null | awk 'NR == 2 { print $4 }')"
fi
[ ! -f "$site" ] || printf 'shared\t%s\n' "$(sha256sum <"$site" | cut -d' ' -f1)"
true
