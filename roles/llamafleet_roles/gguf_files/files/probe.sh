# Which weights are there, and what is remembered of them; never fails.
# Arguments: VERIFIED, then a KEY and a PATH for each.
echo 'weights 1'
memory=$1
shift
while [ $# -gt 1 ]; do
    if [ -f "$2" ]; then
        printf 'file\t%s\t%s\n' "$1" "$(stat -Lc '%s %Y' -- "$2" 2>/dev/null)"
        [ ! -f "$memory/$1" ] || printf 'known\t%s\t%s\n' "$1" "$(head -n 1 -- "$memory/$1")"
    fi
    shift 2
done
systemctl list-units --plain --no-legend 'llamafleet-weights-*' 2>/dev/null | while read -r unit rest; do
    printf 'running\t%s\n' "$unit"
done
true
