# Prints what builds depend on, and which exist on this host; never fails.
# Arguments: the directory of each build, `--`, and packages of libraries. Commands for the versions
# of toolkits are appended.

upstream() { # package: upstream's part of its installed or available version
    version=$(package_version "$1")
    version=${version#*:}
    version=${version%%-*}
    case $version in [0-9]*) echo "${version%%[!0-9.]*}" ;; esac
}

echo 'llama 1'
echo "machine $(uname -m)"
(. /etc/os-release && echo "os $ID-${VERSION_ID:-rolling}") 2>/dev/null
cxx=$(g++ -dumpfullversion -dumpversion 2>/dev/null)
echo "gcc ${cxx:-$(upstream g++)}"
echo "runtime glibc $(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)"
echo "cpu $(sed -n '/^flags\|^Features\|^model name/p' /proc/cpuinfo 2>/dev/null | sort -u | sha256sum | cut -c1-16)"
echo "cores $(nproc 2>/dev/null || echo 1)"
echo "memory $(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo 2>/dev/null)"
hex='[0-9a-f][0-9a-f][0-9a-f]'
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    directory=$1
    shift
    [ ! -L "$directory" ] || printf 'current %s %s\n' "$directory" "$(readlink -f -- "$directory")"
    for install in "$directory"-$hex$hex$hex$hex; do
        [ -f "$install/SHA256SUMS" ] && [ -f "$install/manifest.json" ] &&
            [ -x "$install/llama-server" ] || continue
        printf 'sums %s %s\n' "$install" "$(sha256sum <"$install/SHA256SUMS" | cut -d' ' -f1)"
        printf 'install %s %s\n' "$install" "$(tr -d '\n' <"$install/manifest.json")"
    done
done
[ $# -eq 0 ] || shift
for package in "$@"; do echo "runtime $package $(upstream "$package")"; done
systemctl list-units --plain --no-legend 'llamafleet-build-*' 2>/dev/null | while read -r unit rest; do
    echo "running $unit"
done
