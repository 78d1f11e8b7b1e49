# Prints the generations of a host, and the one to go to; never fails. Argument: its number, or
# nothing for the one before the current. functions.sh of the services role is prepended.

echo 'generations 1'
now=$(current_generation)
[ -z "$now" ] || echo "current $now"
for folder in "$generations"/*; do
    number=${folder##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ ! -f "$folder/plan.json" ] || printf 'kept %s %s\n' "$number" \
        "$(tr '\n' ' ' <"$folder/record" 2>/dev/null)"
done
target=$1
[ -n "$target" ] || [ -z "$now" ] || target=$(cat -- "$generations/$now/before" 2>/dev/null)
case $target in
'' | *[!0-9]*) ;;
*)
    [ ! -f "$generations/$target/plan.json" ] || {
        echo "target $target"
        printf 'plan %s\n' "$(base64 -w0 <"$generations/$target/plan.json")"
    }
    [ -z "$target" ] || echo "wanted $target"
    ;;
esac
true
