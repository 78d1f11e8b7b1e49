# Prints the results of a calibration: a line NAME<TAB>BASE64 for each file. Argument: the work folder.
cd "$1/results" || exit 1
for file in *; do
    [ ! -f "$file" ] || printf '%s\t%s\n' "$file" "$(head -c 400000 -- "$file" | base64 -w 0)"
done
printf 'id\t%s\n' "$(sed -n 's/^id //p' ../job | base64 -w 0)"
