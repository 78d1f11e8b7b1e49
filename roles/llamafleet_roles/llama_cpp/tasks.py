"""Install llama.cpp on a host: compile it there, or take it from the cache or its builder."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from llamafleet.fleet.model import Fleet
from llamafleet.targets.fingerprint import Inputs
from llamafleet.targets.plan_types import BuildPlan, HostPlan
from llamafleet_roles.base.facts import Machine
from llamafleet_roles.commands import fail_at_run, fail_host, log_planned, python_step, shell_step
from llamafleet_roles.llama_cpp.builds import cached_build, drop_if_damaged
from llamafleet_roles.llama_cpp.compatible import CHECKED, build_problems, refusal
from llamafleet_roles.llama_cpp.facts import Builds, HostBuilds, linked_to
from llamafleet_roles.llama_cpp.flags import lacks_flag_table, record_flags
from llamafleet_roles.llama_cpp.job import BuildJob
from llamafleet_roles.llama_cpp.release import install_release
from llamafleet_roles.llama_cpp.steps import (
    cache_is_used,
    compile_build,
    install_cached,
    script_command,
    store_in_cache,
    try_store_in_cache,
)
from llamafleet_roles.llama_cpp.trust import recorded_sums
from llamafleet_roles.packages import install_script
from llamafleet_roles.site_data import DataError, read_key, read_switch

Commands = Iterator[FunctionCommand]

_NO_ANSWER = "could not check the builds on this host: nothing was changed"

# The builds of this run's builders: receivers take exactly those. Filled during execution, in which
# every builder comes before the first receiver.
_BUILT: dict[tuple[str, str], Inputs] = {}

# The host that compiles a build for all hosts of its class, the first that came to it. The others
# take its result in the second operation, which begins once the first has ended everywhere.
_MAKERS: dict[Inputs, str] = {}


@operation()
def compile_all(plan: HostPlan, fleet: Fleet) -> Generator[FunctionCommand, None, None]:
    """Install every build that this host compiles for itself or for others."""
    for build in plan.builds:
        if build.build.kind == "release":
            yield from _released(plan, build, fleet)
        elif build.compiles:
            yield from _own_build(plan.host, build, fleet, may_wait=True)


@operation()
def receive_all(plan: HostPlan, fleet: Fleet) -> Generator[FunctionCommand, None, None]:
    """Install every build that another host compiles for this one."""
    for build in plan.builds:
        if not build.compiles:
            yield from _received_build(build, fleet)
        elif state.is_executing and (plan.host, build.build.name) in _WAITING:
            _WAITING.discard((plan.host, build.build.name))
            yield from _own_build(plan.host, build, fleet, may_wait=False)


_WAITING: set[tuple[str, str]] = set()


def _look(build: BuildPlan) -> HostBuilds | None:
    found: HostBuilds | None = host.get_fact(
        Builds, directories=(build.directory,), libraries=linked_to(build)
    )
    return found


def _own_build(name: str, build: BuildPlan, fleet: Fleet, *, may_wait: bool) -> Commands:
    builds = _look(build)
    if builds is None:
        yield fail_host(_NO_ANSWER)
        return
    inputs = builds.inputs(build)
    install = builds.install_of(inputs, build.directory)
    if install is None or not _may_be_given_on(build, builds, install, fleet):
        if not (yield from _make(name, build, builds, inputs, fleet, may_wait)):
            return
        builds = _look(build) or builds
        inputs = builds.inputs(build)
        install = builds.install_of(inputs, build.directory)
        if install is None:
            yield fail_host(
                f"llama.cpp {build.build.name} is missing after its installation: run this again"
            )
            return
    yield from _stored(name, build, builds, install, fleet)
    yield from _switch(build, builds, install, fleet)


def _released(plan: HostPlan, build: BuildPlan, fleet: Fleet) -> Commands:
    """Install upstream's archives of a release, and switch to it."""
    builds = _look(build)
    if builds is None:
        yield fail_host(_NO_ANSWER)
        return
    inputs = builds.inputs(build)
    if not inputs.source:
        machines = ", ".join(dict.fromkeys(each.machine for each in build.build.assets))
        yield fail_host(
            f"llama.cpp {build.build.name}: {build.build.ref} has archives for {machines}, and "
            f"this host is {inputs.machine}: remove kind = release to compile the source"
        )
        return
    install = builds.install_of(inputs, build.directory)
    if install is None:
        log_planned(f"will install llama.cpp {build.build.name} ({build.build.ref}, released)")
        yield shell_step(install_script(build.runtime_packages))
        yield python_step(install_release, plan, BuildJob(build, inputs, fleet_host=plan.host))
        builds = _look(build) or builds
        install = builds.install_of(builds.inputs(build), build.directory)
    if install is not None:
        yield from _switch(build, builds, install, fleet)


def _may_be_given_on(build: BuildPlan, builds: HostBuilds, install: str, fleet: Fleet) -> bool:
    """Return True unless others wait for an install that was not recorded when it was built."""
    if not build.build.builder or cached_build(builds.installs[install]) is not None:
        return True
    if recorded_sums(fleet, builds.installs[install]) == builds.sums.get(install):
        return True
    log_planned(
        f"{install} was not recorded in fleet.lock when it was built, or has changed since: "
        "will compile it again, for other hosts wait for it"
    )
    return False


def _stored(
    name: str, build: BuildPlan, builds: HostBuilds, install: str, fleet: Fleet
) -> Commands:
    """Keep a copy of a new build on the controller."""
    inputs = builds.installs[install]
    cached = cached_build(inputs) is not None
    if build.build.builder:
        _BUILT[name, build.build.name] = inputs
        if not cached:  # its receivers wait for this copy
            yield python_step(store_in_cache, fleet, BuildJob(build, inputs))
        return
    is_new = builds.current.get(build.directory) != install and not cached and cache_is_used(host)
    if is_new and recorded_sums(fleet, inputs) == builds.sums.get(install):
        yield python_step(try_store_in_cache, fleet, BuildJob(build, inputs))


def _make(
    name: str, build: BuildPlan, builds: HostBuilds, inputs: Inputs, fleet: Fleet, may_wait: bool
) -> Generator[FunctionCommand, None, bool]:
    """Install from the cache, or install the compilers and compile; False leaves it for later."""
    log_planned(f"will install llama.cpp {build.build.name} ({build.build.ref}, {inputs.backend})")
    if (yield from _from_cache(build, inputs)):
        return True
    if may_wait and _other_makes(name, build, inputs):
        return False
    if not (yield from _compatible(build)):
        return False
    packages = (*build.packages, *build.runtime_packages)
    yield shell_step(install_script(packages, tools=("g++", "cmake", "ninja")))
    builds = _look(build) or builds
    inputs = builds.inputs(build)
    if not inputs.compiler:
        needed = "g++" if build.build.backend == "cpu" else f"g++ or the {inputs.backend} toolkit"
        yield fail_host(f"cannot compile llama.cpp {build.build.name}: {needed} was not found")
        return False
    if (yield from _from_cache(build, inputs)):
        return True
    job = BuildJob(build, inputs, builds.jobs(build), name)
    yield python_step(compile_build, fleet, job, job.unit in builds.running)
    return True


def _compatible(build: BuildPlan) -> Generator[FunctionCommand, None, bool]:
    """Fail the host if its tools cannot make a build: before gigabytes are installed for it.

    `llamafleet_build_check = False` in a host's data turns that off, for tools that no table knows.
    """
    try:
        wanted = read_key(host.data, "llamafleet_build_check", read_switch, True)
    except DataError as error:
        yield fail_host(str(error))
        return False
    facts = host.get_fact(Machine) if wanted and build.build.backend in CHECKED else None
    found = build_problems(build, facts) if facts is not None else ()
    for problem in found:
        if problem.certain:
            yield fail_host(refusal(build, problem))
            return False
        host.log(f"llama.cpp {build.build.name}: {problem.message}: {problem.hint}")
    return True


def _other_makes(name: str, build: BuildPlan, inputs: Inputs) -> bool:
    """Return True if another host of this run compiles the same build and hands it on."""
    if not state.is_executing or build.build.builder or not cache_is_used(host):
        return False
    maker = _MAKERS.setdefault(inputs.without_tools, name)
    if maker == name:
        return False
    _WAITING.add((name, build.build.name))
    host.log(f"llama.cpp {build.build.name}: {maker} compiles it for all hosts of its kind")
    return True


def _from_cache(build: BuildPlan, inputs: Inputs) -> Generator[FunctionCommand, None, bool]:
    cached = cached_build(inputs) if cache_is_used(host) or build.build.builder else None
    if cached is None or drop_if_damaged(cached, host.log):
        return False
    if build.runtime_packages:
        yield shell_step(install_script(build.runtime_packages))
    yield python_step(install_cached, BuildJob(build, cached.inputs), cached)
    return True


def _received_build(build: BuildPlan, fleet: Fleet) -> Commands:
    builds = _look(build)
    if builds is None:
        yield fail_host(_NO_ANSWER)
        return
    builder = build.build.builder or ""
    wanted = builds.inputs(build).without_tools
    made = _BUILT.get((builder, build.build.name))
    if made is not None:
        difference = _difference(made, wanted)
        if difference:
            yield fail_host(
                f"llama.cpp {build.build.name} of {builder} cannot run here: {builder} {difference}"
            )
            return
        wanted = made
    install = builds.install_of(wanted, build.directory)
    if install is None:
        log_planned(f"will install llama.cpp {build.build.name} ({build.build.ref}) from {builder}")
        if not (yield from _from_cache(build, wanted)):
            yield fail_at_run(
                f"llama.cpp {build.build.name} has not been built on {builder} yet: "
                f"include {builder} in this run, without --serial and --no-wait"
            )
            return
        builds = _look(build) or builds
        install = builds.install_of(wanted, build.directory)
    if install is not None:
        yield from _switch(build, builds, install, fleet)


def _difference(made: Inputs, wanted: Inputs) -> str | None:
    """Return the reason why a build of one host does not run on another, else None."""
    if (made.machine, made.os) != (wanted.machine, wanted.os):
        return (
            f"compiles on {made.os} {made.machine}, and this host is {wanted.os} "
            f"{wanted.machine}: give this host its own build, or a builder of its kind"
        )
    if made.cpu != wanted.cpu:
        return (
            "compiles for its own processor (native = on), which differs from this host's: "
            "set native = off, or give this host its own build"
        )
    return None


def _switch(build: BuildPlan, builds: HostBuilds, install_directory: str, fleet: Fleet) -> Commands:
    switched = builds.current.get(build.directory) != install_directory
    if switched:
        keep = str(build.build.keep)
        yield shell_step(script_command("switch.sh", build.directory, install_directory, keep))
    if lacks_flag_table(fleet, build, switched=switched):
        yield python_step(record_flags, fleet, build, install_directory)


@deploy("llama.cpp")
def llama_cpp(plan: HostPlan, fleet: Fleet) -> None:
    """Install the builds of a host: first on hosts that compile, then on those that receive."""
    compile_all(name="Compile", plan=plan, fleet=fleet)
    receive_all(name="Receive from the builder", plan=plan, fleet=fleet)
