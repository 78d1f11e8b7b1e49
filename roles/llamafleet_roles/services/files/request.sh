# Sends an HTTP request to a service of this host and prints the whole response; the API key is on no
# command line. Arguments: ADDRESS PORT PATH SECONDS, and for a service with a key NAME FILE...: the
# variable, and the environment files of which the first that sets it counts.
address=$1 port=$2 path=$3 seconds=$4 name=${5:-}
shift 4
[ $# -eq 0 ] || shift
key=
for file in "$@"; do
    [ -z "$key" ] || break
    key=$(sed -n "s/^$name=//p" "$file" 2>/dev/null | tail -n 1 |
        sed -e '/^".*"$/{s/^"\(.*\)"$/\1/;s/\\\([\\"$`]\)/\1/g;}' -e "s/^'\(.*\)'$/\1/")
done
header=
[ -z "$key" ] || header="Authorization: Bearer $key
"
# A model may take long to load, and a silent command counts as hung.
(while sleep 60 >/dev/null 2>&1; do echo "waiting for $path" >&2; done) &
speaking=$!
trap 'kill "$speaking" 2>/dev/null || :' EXIT
printf 'GET %s HTTP/1.0\nHost: %s\n%s\n' "$path" "$address" "$header" | sed 's/$/\r/' |
    timeout "$seconds" bash -c 'exec 3<>"/dev/tcp/$1/$2" && cat >&3 && cat <&3' bash "$address" "$port"
