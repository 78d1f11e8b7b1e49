"""Turn the files that a load left on a host into a measurement. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping

from llamafleet.capacity.calibration.server_log import buffers_of
from llamafleet.capacity.calibration.trials import Trial
from llamafleet.lock.measured import Measured


def unpack_results(lines: Iterable[str]) -> dict[str, str]:
    """Decode the files that `results.sh` printed, by name."""
    found: dict[str, str] = {}
    for line in lines:
        name, tab, text = line.partition("\t")
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
        if tab:
            found[name] = data.decode("utf-8", "replace")
    return found


def read_measurement(trial: Trial, files: Mapping[str, str], when: str) -> Measured | str:
    """Return the measurement of a load, or a message if there is none; `when` is a date."""
    devices = buffers_of(files.get("log", "").splitlines())
    if not devices:
        return "llama-server's log lists no buffer sizes"
    timings = _timings(files.get("answer", ""))
    return Measured(
        key=trial.key,
        when=when,
        devices=devices,
        gpus=_gpus(trial, files),
        host=_host(files.get("process", "")),
        load_seconds=_load_seconds(files.get("times", "")),
        prompt_per_second=_rate(timings, "prompt_per_second"),
        predicted_per_second=_rate(timings, "predicted_per_second"),
    )


def _timings(answer: str) -> Mapping[str, object]:
    """Return `timings` of an HTTP response; empty if the server does not complete text."""
    _, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    try:
        found = json.loads(body)["timings"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _rate(timings: Mapping[str, object], name: str) -> float | None:
    value = timings.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9:
        return round(float(value), 1)
    return None


def _load_seconds(times: str) -> float | None:
    try:
        began, loaded = map(float, times.split())
    except ValueError:
        return None
    return round(loaded - began, 1) if loaded >= began else None


def _host(process: str) -> float | None:
    """Return the MiB of a process without mapped files, from /proc/PID/status; None if unknown."""
    found = dict(re.findall(r"^(RssAnon|RssShmem|VmSwap):\s+(\d+) kB$", process, re.MULTILINE))
    if "RssAnon" not in found:
        return None
    return round(sum(map(int, found.values())) / 1024, 1)


def _gpus(trial: Trial, files: Mapping[str, str]) -> dict[int, float]:
    """Return MiB by card: what the driver reports for the process, else the increase in use."""
    tables = (_of_process(files), *(_table(files.get(name, "")) for name in ("before", "after")))
    own, before, after = (_by_fleet(each, trial, files) for each in tables)
    found: dict[int, float] = {}
    for card in trial.cards:
        if own:
            found[card] = own.get(card, 0.0)
        elif card in before and card in after:
            found[card] = max(0.0, after[card] - before[card])
    return found


def _by_fleet(
    table: Mapping[int, float], trial: Trial, files: Mapping[str, str]
) -> Mapping[int, float]:
    """Return a table of the driver's indices by the fleet's, which are others on pinned hosts.

    Cards that the driver does not name by UUID are left out there: which is which is not known.
    """
    if not trial.gpu_ids:
        return table
    names = {uuid: index for index, uuid in enumerate(trial.gpu_ids)}
    ours = {index: names[uuid] for uuid, index in _uuids(files).items() if uuid in names}
    return {ours[index]: used for index, used in table.items() if index in ours}


def _uuids(files: Mapping[str, str]) -> dict[str, int]:
    """Return the driver's index of each card by its UUID."""
    rows = (line.partition(",") for line in files.get("uuids", "").splitlines())
    return {uuid.strip(): int(index) for index, _, uuid in rows if index.strip().isdigit()}


def _of_process(files: Mapping[str, str]) -> dict[int, float]:
    """Return MiB by card that nvidia-smi lists for the process; in containers it may list none."""
    cards = _uuids(files)
    found: dict[int, float] = {}
    for line in files.get("apps", "").splitlines():
        match [each.strip() for each in line.split(",")]:
            case [pid, uuid, used] if pid == files.get("pid", "").strip() and used.isdigit():
                if uuid in cards:
                    found[cards[uuid]] = found.get(cards[uuid], 0.0) + float(used)
    return found


def _table(text: str) -> dict[int, float]:
    """Parse lines `INDEX, MIB`."""
    found = {}
    for line in text.splitlines():
        index, _, used = (each.strip() for each in line.partition(","))
        if index.isdigit() and used.isdigit():
            found[int(index)] = float(used)
    return found
