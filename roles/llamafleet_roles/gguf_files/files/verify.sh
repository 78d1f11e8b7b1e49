# Hashes a file that llamafleet did not download, and records the result.
# Arguments: PATH SHA256 RECORDS KEY SOURCE.
set -eu
umask 077
path=$1 sha256=$2 records=$3 key=$4 source=$5
state=$(stat -Lc '%s %Y' -- "$path")
echo "hashing $path"
# A large file on a slow disk takes a while, and a silent command counts as hung. The sleeping
# process must not hold the output open at the end.
(while sleep 60 >/dev/null 2>&1; do echo "still hashing $path"; done) &
speaking=$!
trap 'kill "$speaking" 2>/dev/null || :' EXIT
found=$(sha256sum <"$path")
found=${found%% *}
[ "$found" = "$sha256" ] || {
    echo "$path has SHA-256 $found, but the fleet file says $sha256" >&2
    exit 1
}
mkdir -p -- "$records"
printf '%s %s %s\n%s\n' "$state" "$found" "$source" "$path" >"$records/$key.new"
mv -f -- "$records/$key.new" "$records/$key"
