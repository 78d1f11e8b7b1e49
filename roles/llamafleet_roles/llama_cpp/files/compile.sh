#!/bin/sh
# Compiles llama.cpp into WORK/tree/out. It runs without privileges, in a unit of its own that
# outlives the rollout that started it; install.sh, as root, takes the result from there.
# Argument: a work folder with the files `job` (lines NAME VALUE), `options`, `targets`, `prepare`,
# `patch-NN-NAME`, an empty `status`, and `source.tar.gz` unless the source is cloned, then
# `credentials` if it needs a login. Everything that it writes is in `tree`, but for `status`.
set -eu
umask 022
work=$1
mkdir -p "$work/tree"
cd "$work/tree"
job() { sed -n "s/^$1 //p" ../job; }
stage() { echo "== $*"; }
export LC_ALL=C NINJA_STATUS='[%f/%t] ' GIT_TERMINAL_PROMPT=0 HOME="$work/tree"
# Else llama.cpp's CMake would take it for a build that must not use the host's own features.
unset SOURCE_DATE_EPOCH
begun=$(date +%s)
end() { # status: what was compiled so far counts for the time, and for what is said of a failure
    rm -f .credentials
    [ ! -s ../credentials ] || : >../credentials
    { echo $((${seconds:-0} + $(date +%s) - begun)) >seconds && rm -f attempt; } 2>/dev/null || :
    [ "$1" -eq 0 ] || [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -ge 10240 ] ||
        echo "the disk of $work is full: free some space, then run this again" || :
    echo "$1" >../status
}
trap 'end $?' EXIT
: >../status
fetch() { # ref or commit
    set -- fetch -q --depth 1 -- "$(job url)" "$1"
    # A login is on no command line. The first, empty helper turns those of the host off.
    [ ! -f .credentials ] ||
        set -- -c credential.helper= -c "credential.helper=store --file='$PWD/.credentials'" "$@"
    git -C source "$@"
}

# After a power failure, files that seem complete may be empty.
boot=$(cat /proc/sys/kernel/random/boot_id)
[ "$(cat boot 2>/dev/null)" = "$boot" ] || rm -rf source build out seconds attempt begun
echo "$boot" >boot
seconds=$(cat seconds 2>/dev/null || echo 0)
if [ -s attempt ]; then # it was killed: it has worked until its last step
    from=$(cat attempt)
    last=$(stat -c %Y build/.ninja_log 2>/dev/null) || last=$from
    [ "$last" -le "$from" ] || seconds=$((seconds + last - from))
    echo "$seconds" >seconds
fi
echo "$begun" >attempt
[ -s begun ] || date -u +%Y-%m-%dT%H:%M:%SZ >begun

if [ ! -e source/.whole ]; then
    rm -rf source build
    mkdir source
    if [ -f ../source.tar.gz ]; then
        stage "unpacking the source"
        tar -xzf ../source.tar.gz -C source --no-same-owner
    else
        stage "cloning $(job url) at $(job ref)"
        [ ! -s ../credentials ] || (umask 077 && cp ../credentials .credentials)
        git init -q source
        commit=$(job commit)
        # Not every server allows fetching a commit; the ref may still point to it.
        { [ -n "$commit" ] && fetch "$commit"; } || fetch "$(job ref)"
        git -C source -c advice.detachedHead=false checkout -q FETCH_HEAD
        found=$(git -C source rev-parse HEAD)
        [ "$found" = "${commit:-$found}" ] || {
            echo "$(job ref) is $found, but fleet.lock says $commit: run llamafleet lock --update"
            exit 1
        }
    fi
    touch source/.unpatched
fi
# The source distribution on PyPI has llama.cpp one folder deeper, inside of a wrapper.
tree=
for found in source source/* source/*/*; do
    [ ! -f "$found/CMakeLists.txt" ] || [ ! -d "$found/ggml" ] || [ -n "$tree" ] || tree=$found
done
[ -n "$tree" ] || { echo "the source contains no llama.cpp"; exit 1; }

if [ ! -e source/.whole ]; then
    for patch in ../patch-*; do
        [ -f "$patch" ] || continue
        stage "applying ${patch#../patch-[0-9][0-9]-}"
        # No fuzz: a patch that only nearly fits may end up in another place.
        patch -p1 --batch --forward --fuzz=0 -d "$tree" <"$patch" || {
            echo "the patch ${patch#../patch-[0-9][0-9]-} does not apply to $(job ref)"
            exit 1
        }
    done
    touch source/.whole
fi

set +eu
. ../prepare || exit 1
set -eu

stage "configuring"
set --
while IFS= read -r option; do set -- "$@" "$option"; done <../options
cmake -S "$tree" -B build -G Ninja "$@"

stage "compiling with $(job jobs) jobs"
set --
while IFS= read -r target; do set -- "$@" "$target"; done <../targets
cmake --build build --target "$@" -j "$(job jobs)"

stage "collecting the result"
rm -rf out
mkdir out
for target in "$@"; do cp -a "build/bin/$target" out/; done
for library in build/bin/*.so build/bin/*.so.*; do
    [ ! -e "$library" ] || cp -a "$library" out/
done
{ c++ --version | head -n 1; cmake --version | head -n 1; } >out/toolchain.txt
out/llama-server --version >out/version.txt 2>&1 || {
    cat out/version.txt
    echo "the new llama-server does not run on this host"
    exit 1
}
stage "done"
