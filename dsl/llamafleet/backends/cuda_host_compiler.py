"""The C++ compiler that nvcc is given: each CUDA takes g++ up to a version, as data and as shell.

Versions are those of NVIDIA's host_config.h, collected in spack-packages' `build_systems/cuda.py`;
13.4 and 13.5 by their own headers.
"""

from __future__ import annotations

NEWEST_GCC: tuple[tuple[tuple[int, int], int], ...] = (
    ((11, 0), 9),
    ((11, 1), 10),
    ((11, 5), 11),
    ((12, 0), 12),
    ((12, 4), 13),
    ((12, 7), 14),
    ((13, 0), 15),
    ((13, 4), 16),
)
"""From a release of CUDA on, the newest g++ that it takes; the last holds until more is known."""


def newest_gcc(cuda: tuple[int, ...]) -> int | None:
    """Return the newest g++ that a CUDA takes; None for one older than the table."""
    return next((gcc for first, gcc in reversed(NEWEST_GCC) if cuda[:2] >= first), None)


def _cases() -> str:
    """Return lines of shell that set `$llamafleet_newest` by `$llamafleet_cuda`, 1204 for 12.4."""
    return "\n".join(
        f'[ "$llamafleet_cuda" -lt {major * 100 + minor} ] || llamafleet_newest={gcc}'
        for (major, minor), gcc in NEWEST_GCC
    )


CHOOSE = f"""\
PATH="$PATH:/usr/local/cuda/bin:/opt/cuda/bin"
llamafleet_release=$(nvcc --version 2>/dev/null | sed -n 's/.*release \\([0-9.]*\\).*/\\1/p')
llamafleet_cuda=$(echo "${{llamafleet_release:-0.0}}" | {{
    IFS=. read -r major minor rest
    echo $((major * 100 + minor))
}})
llamafleet_newest=0
{_cases()}
llamafleet_limit=$llamafleet_newest
llamafleet_host=$(command -v g++)
llamafleet_gcc=$(g++ -dumpversion | cut -d. -f1)
if [ "$llamafleet_gcc" -gt "$llamafleet_newest" ]; then
    llamafleet_host=
    while [ -z "$llamafleet_host" ] && [ "$llamafleet_newest" -ge 9 ]; do
        llamafleet_host=$(command -v "g++-$llamafleet_newest") ||
            llamafleet_newest=$((llamafleet_newest - 1))
    done
fi
"""
"""Shell that puts the compiler into `$llamafleet_host`: the host's own, else an older one."""

PREPARE = f"""\
{CHOOSE}export PATH CUDAHOSTCXX="$llamafleet_host"
if [ -z "$llamafleet_release" ]; then
    echo "nvcc was not found on the PATH or in /usr/local/cuda/bin: install the CUDA toolkit"
    (exit 1)
elif [ -z "$llamafleet_host" ]; then
    echo "CUDA $llamafleet_release takes g++ $llamafleet_limit or older, and g++ here is"
    echo "$llamafleet_gcc: install g++-$llamafleet_limit beside it, then run this again"
    (exit 1)
fi"""

VERSION = f"""\
{CHOOSE}[ "$llamafleet_cuda" -eq 0 ] || echo "$llamafleet_release+${{llamafleet_host##*/}}\""""
