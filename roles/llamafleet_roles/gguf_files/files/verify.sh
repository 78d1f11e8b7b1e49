# Hashes a file that somebody else put there, and remembers the result.
# Arguments: PATH SHA256 MEMORY KEY SOURCE.
set -eu
umask 077
path=$1 sha256=$2 memory=$3 key=$4 source=$5
state=$(stat -Lc '%s %Y' -- "$path")
echo "hashing $path"
# A large file on a slow disk takes a while, and a command that stays silent counts as hung. What
# sleeps must not hold the output open once all is done.
(while sleep 60 >/dev/null 2>&1; do echo "still hashing $path"; done) &
speaking=$!
trap 'kill "$speaking" 2>/dev/null || :' EXIT
found=$(sha256sum <"$path")
found=${found%% *}
[ "$found" = "$sha256" ] || {
    echo "$path has SHA-256 $found, but the fleet file says $sha256" >&2
    exit 1
}
mkdir -p -- "$memory"
printf '%s %s %s\n%s\n' "$state" "$found" "$source" "$path" >"$memory/$key.new"
mv -f -- "$memory/$key.new" "$memory/$key"
