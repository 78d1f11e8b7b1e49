# Hashes a file that somebody else put there, and remembers the result.
# Arguments: PATH SHA256 MEMORY KEY SOURCE.
set -eu
umask 077
path=$1 sha256=$2 memory=$3 key=$4 source=$5
state=$(stat -Lc '%s %Y' -- "$path")
echo "hashing $path"
found=$(sha256sum <"$path")
found=${found%% *}
[ "$found" = "$sha256" ] || {
    echo "$path has SHA-256 $found, but the fleet file says $sha256" >&2
    exit 1
}
mkdir -p -- "$memory"
printf '%s %s %s\n' "$state" "$found" "$source" >"$memory/$key.new"
mv -f -- "$memory/$key.new" "$memory/$key"
