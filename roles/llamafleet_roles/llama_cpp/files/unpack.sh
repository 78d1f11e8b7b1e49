# Installs a build from its archive. Arguments: ARCHIVE FINAL.
set -eu
umask 022
archive=$1 final=$2
fresh=${final%/*}/.${final##*/}.new
rm -rf -- "$fresh"
mkdir -p -- "$fresh"
tar -xzf "$archive" -C "$fresh" --no-same-owner
said=$("$fresh/llama-server" --version 2>&1) || {
    echo "$said" >&2
    echo "the build from the archive does not run on this host" >&2
    rm -rf -- "$fresh"
    exit 1
}
[ -f "$fresh/manifest.json" ] || { echo "the archive contains no manifest" >&2; exit 1; }
sync
rm -rf -- "$final"
mv -T -- "$fresh" "$final"
rm -f -- "$archive"
echo "installed $final"
