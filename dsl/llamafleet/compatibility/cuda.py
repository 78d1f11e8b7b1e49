"""CUDA against a host: architectures, g++, glibc and driver."""

from __future__ import annotations

from collections.abc import Iterator

from ..backends.cuda_host_compiler import newest_gcc
from .cuda_table import (
    MISCOMPILES_IQ,
    PASCAL_VOLTA_DRIVER,
    TURING,
    builds_for,
    machine_code_driver,
    number,
    stopped_by_glibc,
)
from .cuda_ways import any_gcc, ways
from .problem import Problem
from .toolchain import Toolchain, shown


def cuda_problems(arches: tuple[str, ...], chain: Toolchain) -> tuple[Problem, ...]:
    """Return why these architectures cannot be compiled or run with a host's CUDA and driver."""
    wanted = tuple(dict.fromkeys(each for each in map(number, arches) if each is not None))
    found: list[Problem] = [*_driver_branch(wanted, chain)]
    if chain.toolkit is not None:
        found += _architecture(wanted, chain)
        found += _glibc(wanted, chain)
        found += _compiler(wanted, chain)
        found += _driver(wanted, chain)
        found += _miscompiled(chain)
    return tuple(found)


def _cuda(chain: Toolchain) -> str:
    return f"CUDA {shown((chain.toolkit or ())[:2])}"


def _architecture(arches: tuple[int, ...], chain: Toolchain) -> Iterator[Problem]:
    lost = [each for each in arches if not builds_for(chain.toolkit or (), each)]
    if lost:
        names = " and ".join(f"sm_{each}" for each in lost)
        yield Problem("arch", f"{_cuda(chain)} cannot build for {names}", ways(arches, chain))


def _glibc(arches: tuple[int, ...], chain: Toolchain) -> Iterator[Problem]:
    # Whose package it is decides for the older ones, so that nothing is said without knowing it.
    cuda, glibc = chain.toolkit or (), chain.glibc
    if glibc is None or len(cuda) < 2 or chain.own is None:
        return
    if stopped_by_glibc(cuda, glibc, chain.own):
        message = f"NVIDIA's {_cuda(chain)} does not compile with glibc {shown(glibc[:2])}"
        yield Problem("glibc", message, ways(arches, chain))


def _compiler(arches: tuple[int, ...], chain: Toolchain) -> Iterator[Problem]:
    newest = newest_gcc((*(chain.toolkit or ()), 0)[:2])
    if newest is None or not chain.gcc or min(chain.gcc) <= newest:
        return
    have = " and ".join(str(each) for each in sorted(chain.gcc))
    message = f"{_cuda(chain)} takes g++ {newest} or older, and this host has g++ {have}"
    beside = max((each for each in any_gcc(chain) if each <= newest), default=None)
    # nvcc can be told to try: what comes of it is nobody's promise.
    forced = 'add cmake = ["-DCMAKE_CUDA_FLAGS=-allow-unsupported-compiler"] at your own risk'
    more = (f"install g++-{beside} beside it",) if beside else ()
    yield Problem("compiler", message, (*more, *ways(arches, chain), forced))


def _driver(arches: tuple[int, ...], chain: Toolchain) -> Iterator[Problem]:
    if chain.driver is None:
        return
    for arch in arches:
        floor = machine_code_driver(chain.toolkit or (), arch)
        if floor is not None and chain.driver < floor:
            message = (
                f"{_cuda(chain)} needs driver {shown(floor)} or newer for sm_{arch}, "
                f"and this host has {shown(chain.driver)}"
            )
            update = f"update the driver to {floor[0]}"
            yield Problem("driver", message, (update, *ways(arches, chain)))
            return


def _driver_branch(arches: tuple[int, ...], chain: Toolchain) -> Iterator[Problem]:
    old = [each for each in arches if each < TURING]
    if chain.driver is not None and old and chain.driver[0] > PASCAL_VOLTA_DRIVER:
        message = (
            f"driver {shown(chain.driver)} no longer drives sm_{old[0]}: "
            f"{PASCAL_VOLTA_DRIVER} was the last branch that did"
        )
        yield Problem("driver", message, (f"install driver {PASCAL_VOLTA_DRIVER}",))


def _miscompiled(chain: Toolchain) -> Iterator[Problem]:
    iq = [each for each in chain.quants if each.upper().startswith("IQ")]
    if iq and (chain.toolkit or ())[:2] == MISCOMPILES_IQ:
        message = f"{_cuda(chain)} compiles kernels that make gibberish of {iq[0]}"
        yield Problem("toolkit", message, ("use CUDA 13.3 or newer", "use CUDA 13.1"), False)
