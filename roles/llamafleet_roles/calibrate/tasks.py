"""Load each model on its host once and write what it took into the lock."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.deploy import deploy
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import operation
from pyinfra.api.state import State
from pyinfra.context import host

from llamafleet.capacity.calibration.differences import from_before, from_estimate
from llamafleet.capacity.calibration.server_log import LINES
from llamafleet.capacity.calibration.trials import JOB, PORT, Trial, trials, why_measure
from llamafleet.capacity.footprint import Footprints
from llamafleet.fleet.model import Fleet
from llamafleet.lock.measured import Measured, measured_tree, recorded
from llamafleet.targets.paths import STATE
from llamafleet.targets.plan_types import HostPlan
from llamafleet_roles.background import BackgroundJob, follow_job, start_job
from llamafleet_roles.calibrate.ready import not_ready
from llamafleet_roles.calibrate.results import read_measurement, unpack_results
from llamafleet_roles.commands import (
    command_line,
    fail_host,
    log_error,
    log_planned,
    python_step,
    run_command,
)
from llamafleet_roles.gguf_files.facts import GgufFiles
from llamafleet_roles.llama_cpp.facts import Builds
from llamafleet_roles.lock_file import LockFileError, update_lock
from llamafleet_roles.site_data import DataError, read_key, read_port, read_seconds, read_switch

FILES = Path(__file__).parent / "files"
WORK = f"{STATE}/calibrate"
PROMPT = " ".join(["The quick brown fox jumps over the lazy dog and runs away."] * 8)


@operation()
def measure(fleet: Fleet, plan: HostPlan) -> Generator[FunctionCommand, None, None]:
    """Measure the models of a host that have no current measurement, or all of them."""
    data = host.data
    try:
        port = read_key(data, "calibrate_port", read_port, PORT)
        timeout = read_key(data, "calibrate_timeout", read_seconds, 600)
        every = read_key(data, "calibrate_all", read_switch, False)
        stop = read_key(data, "calibrate_stop", read_switch, False)
    except DataError as error:
        yield fail_host(str(error))
        return
    wanted = []
    for trial in trials(fleet, plan.host, port, timeout):
        reason = why_measure(fleet, trial) or ("calibrate_all is on" if every else None)
        if reason is not None:
            log_planned(f"will load and measure {trial.name}: {reason}")
            wanted.append(trial)
    if not wanted:
        host.noop("every model has a current measurement")
        return
    builds = host.get_fact(Builds, directories=tuple(each.directory for each in plan.builds))
    weights = host.get_fact(GgufFiles, paths=tuple(each.path for each in plan.ggufs))
    if builds is None or weights is None:
        yield fail_host("could not check builds and weights: nothing was measured on this host")
        return
    unmeasured: list[str] = []
    for trial in wanted:
        if problem := not_ready(plan, trial, builds, weights):
            unmeasured.append(f"{trial.name} cannot be measured: {problem}")
        else:
            yield python_step(_try, fleet, trial, timeout, stop, unmeasured)
    yield python_step(_conclude, unmeasured)


def _try(
    state: State, host: PyinfraHost, fleet: Fleet, trial: Trial, timeout: int, stop: bool,
    unmeasured: list[str],
) -> bool:  # fmt: skip
    """Measure one model; return True in any case, so that the next ones are measured, too."""
    if not _measure(state, host, fleet, trial, timeout, stop):
        unmeasured.append(f"{trial.name} was not measured: see above")
    return True


def _conclude(state: State, host: PyinfraHost, unmeasured: list[str]) -> bool:
    """Fail the host if any of its models could not be measured."""
    for line in unmeasured:
        log_error(host, line)
    return not unmeasured


def _measure(
    state: State, host: PyinfraHost, fleet: Fleet, trial: Trial, timeout: int, stop: bool
) -> bool:
    """Start the job for one load, follow it, and write its results into the lock."""
    job = _background(trial)
    limits = ("-p", f"RuntimeMaxSec={2 * timeout + 300}")
    resume = ("-p", f"ExecStopPost=/bin/bash {WORK}/resume.sh {WORK}")
    command = ("/bin/bash", f"{WORK}/calibrate.sh", WORK)
    files = _files(trial, timeout, stop)
    if not start_job(state, host, job, files, (*limits, *resume, *command)):
        return False
    if not follow_job(state, host, job):
        return False
    script = (FILES / "results.sh").read_text()
    done, output = run_command(state, host, command_line("sh", "-c", script, "results", WORK))
    results = unpack_results(output.stdout_lines) if done else {}
    if results.get("id", "").strip() != trial_id(trial):
        log_error(
            host, f"{job.label}: another calibration ran on this host meanwhile: run this again"
        )
        return False
    return _concluded(host, fleet, trial, results)


def _concluded(host: PyinfraHost, fleet: Fleet, trial: Trial, results: dict[str, str]) -> bool:
    if "skipped" in results:
        _warn(host, f"{trial.name} was not measured: {results['skipped'].strip()}")
        return True
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    found = (
        results["failed"].strip()
        if "failed" in results
        else read_measurement(trial, results, today)
    )
    if isinstance(found, str):
        log_error(host, f"{trial.name} could not be measured: {found}")
        return False
    place = ("measured", trial.host, trial.service, trial.model)
    try:
        update_lock(fleet.path, {place: measured_tree(found)})
    except LockFileError as error:
        log_error(host, f"{trial.name} was measured, but the result was not saved: {error}")
        return False
    for line in summary_lines(found):
        host.log(f"{trial.name}: {line}")
    for line in disagreements(fleet, trial, found):
        _warn(host, f"{trial.name}: {line}")
    return True


def summary_lines(found: Measured) -> Iterator[str]:
    """Yield the lines that sum up a measurement for the user."""
    for device, buffers in found.devices.items():
        kinds = ("weights", "kv", "recurrent", "compute", "output")
        parts = [f"{kind} {getattr(buffers, kind):.1f}" for kind in kinds if getattr(buffers, kind)]
        yield f"{buffers.total:.1f} MiB on {device} ({', '.join(parts)})"
    for card, mib in found.gpus.items():
        yield f"{mib:.0f} MiB of GPU {card}, as its driver reports"
    speed = "" if found.load_seconds is None else f"loaded in {found.load_seconds} s"
    if found.prompt_per_second and found.predicted_per_second:
        speed += (
            f"; prompt {found.prompt_per_second:.0f} tokens/s, "
            f"generation {found.predicted_per_second:.1f} tokens/s"
        )
    if speed:
        yield speed


def disagreements(fleet: Fleet, trial: Trial, found: Measured) -> Iterator[str]:
    """Yield a line for each number that differs from the lock or from the estimate."""
    before = recorded(fleet.measured, trial.host, trial.service, trial.model)
    if isinstance(before, Measured) and before.key == found.key:
        for each in from_before(found, before):
            yield f"it takes {each.summary} were measured on {before.when}{each.most}"
    computed = Footprints(fleet).variant(trial.service, fleet.models[trial.model], trial.host)
    for each in from_estimate(found, computed[0]) if computed else ():
        yield f"it takes {each.summary} are estimated{each.most}"


def trial_id(trial: Trial) -> str:
    """Return a hash that tells the results of this load from those of another."""
    text = "\n".join((trial.host, trial.service, trial.model, trial.unit, *map(str, trial.cards)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _background(trial: Trial) -> BackgroundJob:
    digest = hashlib.sha256(f"{trial.service}\n{trial.model}".encode()).hexdigest()[:12]
    return BackgroundJob(
        unit=JOB.removesuffix(".service"),
        work=WORK,
        log=f"/var/log/llamafleet/calibrate-{digest}.log",
        label=f"measure {trial.name}",
    )


def _files(trial: Trial, timeout: int, stop: bool) -> dict[str, str]:
    """Return the files of the work folder that calibrate.sh reads, by name."""
    values = {
        "id": trial_id(trial),
        "name": trial.name,
        "port": str(trial.port),
        "patience": str(timeout),
        "stop": "yes" if stop else "no",
        "vendor": trial.vendor or "none",
        "shares": "cards" if trial.cards else "memory",
        "needs": str(trial.needs),
        "lines": LINES,
        "prompt": PROMPT,
    }
    kinds = ((each.unit, "swaps" if each.swaps else "keeps") for each in trial.neighbours)
    return {
        **{name: (FILES / name).read_text() for name in ("calibrate.sh", "cards.sh", "resume.sh")},
        "job": "".join(f"{name} {value}\n" for name, value in values.items()),
        "model.service": trial.unit,
        "extension.conf": trial.extension,
        "neighbours": "".join(f"{unit} {kind}\n" for unit, kind in kinds),
    }


def _warn(host: PyinfraHost, line: str) -> None:
    host.log_styled(line, fg="yellow", log_func=logger.warning)


@deploy("Calibration")
def calibrate(fleet: Fleet, plan: HostPlan) -> None:
    """Measure the models of a host into the lock."""
    measure(name="Measure models", fleet=fleet, plan=plan)
