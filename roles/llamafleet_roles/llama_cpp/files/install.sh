# Installs what compile.sh made, after looking through it: it comes from an unprivileged user.
# Arguments: WORK FINAL. The last line of output is the SHA-256 of the list of files.
# The install directory appears by a rename, with its manifest in it: it is never incomplete.
set -eu
umask 022
work=$1 final=$2
out=$work/tree/out
# Two rollouts may have waited for the same compilation.
[ ! -d "$work" ] || exec 8>>"$work/lock"
[ ! -d "$work" ] || ! command -v flock >/dev/null || flock 8
fresh=${final%/*}/.${final##*/}.new
[ -d "$out" ] && [ ! -L "$out" ] || refuse "$out does not exist: run this again"
check_names "$out"
[ -x "$out/llama-server" ] || refuse "$out has no llama-server"
mkdir -p -- "${final%/*}"
rm -rf -- "$fresh"
room_for "$(du -sk -- "$out" | cut -f 1)" "${final%/*}"
mkdir -- "$fresh"
cp -R -P --no-preserve=ownership,timestamps -- "$out/." "$fresh/" ||
    refuse "could not copy the build to ${final%/*}"
chmod -R u=rwX,go=rX -- "$fresh"
number() { sed -n 's/^\([0-9]\{1,9\}\)$/\1/p' "$1" 2>/dev/null | head -n 1; }
begun=$(sed -n 's/^\([0-9TZ:-]\{20\}\)$/\1/p' "$work/tree/begun" 2>/dev/null | head -n 1)
seconds=$(number "$work/tree/seconds")
sed -e "s/@begun@/$begun/" -e "s/@ended@/$(date -u +%Y-%m-%dT%H:%M:%SZ)/" \
    -e "s/\"@seconds@\"/${seconds:-0}/" "$work/manifest.json" >"$fresh/manifest.json"
sums "$fresh" >"$fresh/SHA256SUMS"
sync
rm -rf -- "$final"
mv -T -- "$fresh" "$final"
sync -- "${final%/*}" 2>/dev/null || sync
echo "installed ${final##*/}, compiled in ${seconds:-0} s"
sha256sum <"$final/SHA256SUMS" | cut -d ' ' -f 1
