# Installs a build from its archive. Arguments: ARCHIVE FINAL SUMS.
# SUMS is the SHA-256 of the list of files, as the controller heard it when the build was made: the
# list is held against it, and every file against the list, before the install gets its name.
set -eu
umask 022
archive=$1 final=$2 wanted=$3
fresh=${final%/*}/.${final##*/}.new
rm -rf -- "$fresh"
mkdir -p -- "${final%/*}"
size=$(gzip -l -- "$archive" 2>/dev/null | awk 'NR == 2 { print $2 }') || size=
room_for "$((${size:-0} / 1024))" "${final%/*}"
mkdir -- "$fresh"
tar -xzf "$archive" -C "$fresh" --no-same-owner --no-same-permissions ||
    refuse "the archive of ${final##*/} cannot be unpacked: see above"
check_names "$fresh"
[ -f "$fresh/manifest.json" ] || refuse "the archive contains no manifest"
[ "$(sha256sum <"$fresh/SHA256SUMS" 2>/dev/null | cut -d ' ' -f 1)" = "$wanted" ] ||
    refuse "the list of files in the archive is not the one that was recorded when it was built"
check_sums "$fresh"
# A program from elsewhere is not tried as root.
nobody() {
    if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
        setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- "$@"
    else
        "$@"
    fi
}
said=$(nobody "$fresh/llama-server" --version 2>&1) ||
    { echo "$said" >&2 && refuse "the build from the archive does not run on this host"; }
sync
rm -rf -- "$final"
mv -T -- "$fresh" "$final"
sync -- "${final%/*}" 2>/dev/null || sync
rm -f -- "$archive"
echo "installed $final"
