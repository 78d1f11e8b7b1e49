"""What backends are compiled with: CUDA, ROCm, oneAPI, shader compilers, C++ compilers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..draft import Draft
from ..facts import Compiler, Toolkit
from ..source import Answer, Source, failure

# A line for each: kind, path and what its tool says of the version, between tabs. CUDA may be there
# several times, ROCm in its old and its new place, and the distribution's own beside them.
COMMAND = r"""
say() { printf '%s\t%s\t%s\n' "$1" "$2" "$(printf %s "$3" | tr '\n\t' '  ')"; }
each() { # KIND OPTION FILE...
    kind=$1
    option=$2
    shift 2
    known=
    for file in "$@"; do
        [ -x "$file" ] || continue
        real=$(readlink -f "$file")
        case " $known " in *" $real "*) continue ;; esac
        known="$known $real"
        say "$kind" "$real" "$("$file" $option 2>&1 | head -n 20)"
    done
}
found() { command -v "$1" 2>/dev/null || echo /nonexistent; }
each cuda --version "$(found nvcc)" "$root"/usr/local/cuda*/bin/nvcc "$root"/opt/cuda*/bin/nvcc
for file in "$root"/opt/rocm*/.info/version "$root"/opt/rocm/core-*/.info/version; do
    [ ! -r "$file" ] || say rocm "$(readlink -f "${file%/.info/version}")" "$(cat "$file")"
done
for folder in "$root"/opt/rocm/core-*; do
    [ ! -d "$folder" ] || say rocm "$(readlink -f "$folder")" "${folder##*/core-}"
done
packages=$(
    dpkg-query -W -f '${Package} ${Version}\n' 'amdrocm-*' ||
        rpm -qa --qf '%{NAME} %{VERSION}\n' 'amdrocm-*'
) 2>/dev/null
printf '%s\n' "$packages" | while read -r name version; do
    case $name in amdrocm-core* | amdrocm-base* | amdrocm-runtime*)
        [ -z "$version" ] || say rocm-package "$name" "$version" ;;
    esac
done
each hip --version "$(found hipconfig)" "$root"/opt/rocm*/bin/hipconfig
each oneapi --version "$(found icpx)" "$root"/opt/intel/oneapi/compiler/*/bin/icpx
each glslc --version "$(found glslc)"
for file in "$root"/usr/share/cmake/SPIRV-Headers/SPIRV-HeadersConfigVersion.cmake \
    "$root"/usr/lib/*/cmake/SPIRV-Headers/SPIRV-HeadersConfigVersion.cmake; do
    [ ! -r "$file" ] ||
        say spirv-headers "$file" "$(sed -n 's/^set(PACKAGE_VERSION "\(.*\)")/\1/p' "$file")"
done
cd "$root"/usr/bin || exit
each g++ -dumpfullversion ./g++ ./g++-[0-9] ./g++-[0-9][0-9]
each clang++ --version ./clang++ ./clang++-[0-9] ./clang++-[0-9][0-9]
true
"""

_VERSIONS = {
    "cuda": re.compile(r"release \d+\.\d+, V(\d+(?:\.\d+)+)"),
    "glslc": re.compile(r"shaderc v(\d+(?:\.\d+)+)"),
    "oneapi": re.compile(r"Compiler (\d+(?:\.\d+)+)"),
    "clang++": re.compile(r"version (\d+(?:\.\d+)+)"),
}
_ANY = re.compile(r"(\d+(?:\.\d+)*)")
_COMPILERS = ("g++", "clang++")


def read(answer: Answer, draft: Draft) -> None:
    """Note toolkits and C++ compilers, each once; what says no version is none."""
    found = list(_found(answer.lines))
    folders = any(kind == "rocm" for kind, _, _ in found)
    toolkits = {
        (kind, path): Toolkit(kind, version, path, _origin(path))
        for kind, path, version in reversed(found)
        if kind not in _COMPILERS
    }
    if not folders:
        toolkits |= {
            ("rocm", name): Toolkit("rocm", version, name)
            for kind, name, version in found
            if kind == "rocm-package"
        }
    draft.parts["toolkits"] = tuple(
        each for (kind, _), each in reversed(toolkits.items()) if kind != "rocm-package"
    )
    draft.parts["compilers"] = tuple(
        Compiler(kind, version, path) for kind, path, version in found if kind in _COMPILERS
    )
    reason = failure(answer)
    if reason:
        draft.not_known("toolkits", reason)


def _found(lines: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield kind, path and version of each line that has all three."""
    for line in lines:
        kind, path, said = (*line.split("\t"), "", "", "")[:3]
        version = _VERSIONS.get(kind, _ANY).search(said)
        if path and version:
            yield kind, path, version[1]


def _origin(path: str) -> str:
    """Return who put it there: what stands in /usr but not in /usr/local is the distribution's."""
    system = path.startswith("/usr/") and not path.startswith("/usr/local/")
    return "distribution" if system else "vendor"


TOOLKITS = Source("toolkits", COMMAND, read)
