# Installs the archives of a release. Arguments: WORK FINAL DEVICE USER GROUPS. Standard input: the
# manifest. DEVICE is what `--list-devices` must name, or nothing; USER and GROUPS are its services'.
# The install directory appears by a rename, once the program has shown on this host that it works.
set -eu
umask 022
work=$1 final=$2 device=$3 user=$4 groups=$5
fresh=${final%/*}/.${final##*/}.new
unpacked=$work/unpacked
rm -rf -- "$fresh" "$unpacked"
mkdir -p -- "${final%/*}" "$unpacked"
cat >"$work/manifest.json"
size=0
for archive in "$work"/archive-*.tar.gz; do
    size=$((size + $(gzip -l -- "$archive" | awk 'NR == 2 { print $2 }') / 1024))
done
room_for "$size" "$work"
room_for "$size" "${final%/*}"
for archive in "$work"/archive-*.tar.gz; do
    tar -xzf "$archive" -C "$unpacked" --no-same-owner --no-same-permissions ||
        refuse "${archive##*/} cannot be unpacked: see above"
    rm -f -- "$archive"
done
# Each archive has a folder of its own; libraries are found beside the program.
mkdir -- "$fresh"
find "$unpacked" \( -type f -o -type l \) -exec mv -n -t "$fresh" -- {} +
rm -rf -- "$unpacked"
chmod -R u=rwX,go=rX -- "$fresh"
check_names "$fresh"
[ -x "$fresh/llama-server" ] || refuse "the archives contain no llama-server"

floor=$(find "$fresh" -type f -exec grep -ahoE 'GLIBC_2\.[0-9]+' {} + | sort -u | sort -t . -k 2 -n | tail -n 1)
have=$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)
[ -z "$floor" ] || [ "${floor#*.}" -le "$(echo "${have#*.}" | cut -d . -f 1)" ] ||
    refuse "this release needs glibc ${floor#GLIBC_}, and this host has $have: remove kind = release to compile the source here, or use a newer distribution"

as_service() { # as the services' user, with the groups that give access to cards
    [ "$(id -u)" = 0 ] || { "$@" && return 0 || return 1; }
    there=
    for group in $(echo "$groups" | tr ',' ' '); do
        ! getent group "$group" >/dev/null || there=$there${there:+,}$group
    done
    id -u "$user" >/dev/null 2>&1 || user=nobody
    [ "$user" != root ] || user=nobody
    own=$(id -gn "$user")
    if [ -n "$there" ]; then
        set -- --groups="$there" --no-new-privs -- "$@"
    else
        set -- --clear-groups --no-new-privs -- "$@"
    fi
    setpriv --reuid="$user" --regid="$own" "$@"
}
said=$(as_service "$fresh/llama-server" --version 2>&1) ||
    { echo "$said" >&2 && refuse "the llama-server of this release does not run on this host"; }
if [ -n "$device" ]; then
    listed=$(as_service "$fresh/llama-server" --list-devices 2>&1) || :
    echo "$listed" | grep -q "^ *$device[0-9]" || {
        echo "$listed" | sed 's/^/    /' >&2
        refuse "--list-devices of this release names no $device card (above: what it says), so it would run on the CPU: check the driver, and that the archive of its libraries belongs to it"
    }
fi
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sed -e "s/@begun@/$now/" -e "s/@ended@/$now/" -e 's/"@seconds@"/0/' "$work/manifest.json" >"$fresh/manifest.json"
sums "$fresh" >"$fresh/SHA256SUMS"
sync
rm -rf -- "$final"
mv -T -- "$fresh" "$final"
sync -- "${final%/*}" 2>/dev/null || sync
echo "installed ${final##*/}"
