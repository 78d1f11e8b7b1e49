# Prints which weights exist, and what was recorded of them; never fails.
# Arguments: the folder of records, then a KEY and a PATH for each file.
echo 'weights 1'
records=$1
shift
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
true
