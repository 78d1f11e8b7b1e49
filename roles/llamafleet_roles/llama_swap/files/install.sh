# Installs an uploaded llama-swap once it has printed the expected version.
# Arguments: UPLOADED PATH VERSION ORIGIN; a version of - takes any.
set -eu
umask 022
uploaded=$1 path=$2 version=$3 origin=$4
folder=${path%/*}
mkdir -p -- "$folder"
fresh=$folder/.llama-swap.llamafleet-new
cp -- "$uploaded" "$fresh"
chmod 755 "$fresh"
said=$(timeout 20 "$fresh" --version 2>&1) || {
    rm -f -- "$fresh"
    printf '%s\n' "$said" "this llama-swap does not run on this host" >&2
    exit 1
}
number=$(printf '%s\n' "$said" | sed -n 's/^version: v\{0,1\}\([0-9][0-9]*\).*/\1/p' | head -n 1)
case $number in
"${version#v}") ;;
0 | '') echo "this llama-swap does not report its version ($said); assuming $version" ;;
*)
    rm -f -- "$fresh"
    echo "this llama-swap is version $number, but the fleet file says $version" >&2
    exit 1
    ;;
esac
sync -- "$fresh" 2>/dev/null || sync
mv -fT -- "$fresh" "$path"
printf '%s\n' "$origin" >"$folder/origin"
rm -f -- "$uploaded"
echo "installed $path: $said"
