"""Hold a build against a host's compilers, libraries and driver, before it is compiled. Pure."""

from __future__ import annotations

from llamafleet.backends import backend
from llamafleet.compatibility import Problem, Toolchain, expected_problems, problems
from llamafleet.machine import MachineFacts
from llamafleet.machine.versions import numbers
from llamafleet.targets.plan_types import BuildPlan

CHECKED = ("cuda", "hip", "vulkan")
"""Backends that there are tables for; the others do not ask a host."""


def build_problems(plan: BuildPlan, facts: MachineFacts) -> tuple[Problem, ...]:
    """Return why a host cannot compile a build, or not run it; empty where nothing is known.

    Without a toolkit on the host, its distribution's own is judged, which would be installed.
    """
    stack = plan.build.backend
    chain = toolchain(stack, facts)
    arches = architectures(plan)
    if chain.toolkit is None:
        return expected_problems(stack, arches, chain.os)
    return problems(arches, chain)


def architectures(plan: BuildPlan) -> tuple[str, ...]:
    """Return the architectures that a build is compiled for, as CMake is told."""
    option = f"-D{backend(plan.build.backend).architectures}="
    given = [each.removeprefix(option) for each in plan.cmake if each.startswith(option)]
    return tuple(given[-1].split(";")) if given else ()


def toolchain(stack: str, facts: MachineFacts) -> Toolchain:
    """Return the tools of a host for a backend."""
    # The distribution's is on the PATH, so that it is taken before all others.
    found = sorted(facts.toolkits_of(stack), key=lambda each: each.origin == "vendor")
    driver = facts.driver("nvidia") if stack == "cuda" else None
    system = facts.distribution
    version = driver.version if driver else None
    return Toolchain(
        stack,
        toolkit=numbers(found[0].version) if found else None,
        own=found[0].origin == "distribution" if found else None,
        gcc=tuple(dict.fromkeys(each.major for each in facts.compilers if each.name == "g++")),
        glibc=numbers(facts.glibc) if facts.glibc else None,
        driver=numbers(version) if version else None,
        api=numbers(driver.api) if driver and driver.api else None,
        os=f"{system.id}-{system.version}" if system and system.version else None,
    )


def refusal(plan: BuildPlan, problem: Problem) -> str:
    """Return the message for a build that is not compiled because of a problem."""
    hint = f": {problem.hint}" if problem.hint else ""
    return f"cannot compile llama.cpp {plan.build.name} here: {problem.message}{hint}"
