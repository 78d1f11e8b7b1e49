# Prints which llama-swap binaries exist; never fails. Arguments: the path of each.
echo 'swap 1'
echo "machine $(uname -m)"
for path in "$@"; do
    [ -f "$path" ] && [ -x "$path" ] || continue
    sum=$(sha256sum <"$path")
    printf 'binary\t%s\t%s\t%s\n' "$path" "${sum%% *}" "$(head -n 1 "${path%/*}/origin" 2>/dev/null)"
done
true
