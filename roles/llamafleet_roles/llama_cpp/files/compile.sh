#!/bin/sh
# Compiles llama.cpp and installs it; runs as a unit of its own, so it outlives the rollout that
# started it. Argument: a work folder with the files `job` (lines NAME VALUE), `options`, `targets`,
# `prepare`, `manifest.json`, and `source.tar.gz` unless the source is cloned, then `credentials` if
# it needs a login.
# The install directory appears by a rename, with its manifest in it: it is never incomplete.
set -eu
umask 022
work=$1
cd "$work"
job() { sed -n "s/^$1 //p" job; }
final=$(job final)
stage() { echo "== $*"; }
export LC_ALL=C NINJA_STATUS='[%f/%t] ' GIT_TERMINAL_PROMPT=0 HOME="$work"
trap 'status=$?; rm -f credentials; echo $status >status' EXIT
rm -f status
fetch() { # ref or commit
    set -- fetch -q --depth 1 -- "$(job url)" "$1"
    # A login is on no command line. The first, empty helper turns those of the host off.
    [ ! -f credentials ] ||
        set -- -c credential.helper= -c "credential.helper=store --file='$work/credentials'" "$@"
    git -C source "$@"
}

# After a power failure, files that seem complete may be empty.
boot=$(cat /proc/sys/kernel/random/boot_id)
[ "$(cat boot 2>/dev/null)" = "$boot" ] || rm -rf source build
echo "$boot" >boot

if [ ! -e source/.whole ]; then
    rm -rf source build
    mkdir source
    if [ -f source.tar.gz ]; then
        stage "unpacking the source"
        tar -xzf source.tar.gz -C source --no-same-owner
    else
        stage "cloning $(job url) at $(job ref)"
        git init -q source
        commit=$(job commit)
        # Not every server allows fetching a commit; the ref may still point to it.
        { [ -n "$commit" ] && fetch "$commit"; } || fetch "$(job ref)"
        rm -f credentials
        git -C source -c advice.detachedHead=false checkout -q FETCH_HEAD
        found=$(git -C source rev-parse HEAD)
        [ "$found" = "${commit:-$found}" ] || {
            echo "$(job ref) is $found, but fleet.lock says $commit: run llamafleet lock --update"
            exit 1
        }
    fi
    touch source/.whole
fi
# The source distribution on PyPI has llama.cpp one folder deeper, inside of a wrapper.
tree=
for found in source source/* source/*/*; do
    [ ! -f "$found/CMakeLists.txt" ] || [ ! -d "$found/ggml" ] || [ -n "$tree" ] || tree=$found
done
[ -n "$tree" ] || { echo "the source contains no llama.cpp"; exit 1; }

set +eu
. ./prepare || exit 1
set -eu

stage "configuring"
set --
while IFS= read -r option; do set -- "$@" "$option"; done <options
cmake -S "$tree" -B build -G Ninja "$@"

stage "compiling with $(job jobs) jobs"
set --
while IFS= read -r target; do set -- "$@" "$target"; done <targets
cmake --build build --target "$@" -j "$(job jobs)"

stage "installing"
fresh=${final%/*}/.${final##*/}.new
rm -rf "$fresh"
mkdir -p "$fresh"
for target in "$@"; do cp -a "build/bin/$target" "$fresh/"; done
for library in build/bin/*.so build/bin/*.so.*; do
    [ ! -e "$library" ] || cp -a "$library" "$fresh/"
done
{ c++ --version | head -n 1; cmake --version | head -n 1; } >"$fresh/toolchain.txt"
"$fresh/llama-server" --version >"$fresh/version.txt" 2>&1 || {
    cat "$fresh/version.txt"
    echo "the new llama-server does not run on this host"
    exit 1
}
cp manifest.json "$fresh/manifest.json"
sync
rm -rf "$final"
mv -T "$fresh" "$final"
rm -rf source build source.tar.gz
stage "done"
