"""Measurements of hosts: the part of a lock that a calibration writes.

A measurement counts as long as what it was made for is the same: the settings of the model that
may change what it takes, the cards it sees, the build that runs it, and its weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields

from ..fleet.model import Fleet
from .measurement_key import MeasurementKey, measurement_key
from .model import JsonTree

NUMBER = "a number that is not negative"


@dataclass(frozen=True, slots=True)
class Buffers:
    """MiB on one device, as llama-server logged them; `total` has what is none of the others."""

    weights: float = 0.0
    kv: float = 0.0
    recurrent: float = 0.0
    compute: float = 0.0
    output: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One process of a model on one host, once it was loaded and had answered.

    `devices` are named as the process names them: `CUDA0` is the first card that it sees. `CPU`
    has every buffer of the host. `gpus` are MiB that cards themselves say they lost to it, by the
    host's device index; `host` is the memory of the process that is not a mapped file, in MiB.
    """

    key: MeasurementKey
    when: str
    devices: Mapping[str, Buffers]
    gpus: Mapping[int, float] = field(default_factory=dict)
    host: float | None = None
    load_seconds: float | None = None
    prompt_per_second: float | None = None
    predicted_per_second: float | None = None


def measured_of(fleet: Fleet, host: str, service: str, model: str) -> Measured | None:
    """Return a model's measurement on a host; None unless it is for what the fleet asks now."""
    found = recorded(fleet.measured, host, service, model)
    if isinstance(found, Measured) and found.key == measurement_key(fleet, host, service, model):
        return found
    return None


def recorded(measured: JsonTree, host: str, service: str, model: str) -> Measured | str | None:
    """Return a measurement whatever its key, None without one, a text if it is unreadable."""
    tree: object = measured
    for name in (host, service, model):
        if not isinstance(tree, Mapping):
            return "it is no object"
        if name not in tree:
            return None
        tree = tree[name]
    try:
        return _read(tree)
    except ValueError as error:
        return str(error)


def problems(measured: JsonTree) -> Iterator[str]:
    """Yield a message for each measurement that cannot be read."""
    for host, services in measured.items():
        if not isinstance(services, Mapping):
            yield f"what was measured on {_name(host)} is no object"
            continue
        for service, models in services.items():
            if not isinstance(models, Mapping):
                yield f"what was measured of {_name(service)} on {_name(host)} is no object"
                continue
            for model in models:
                found = recorded(measured, host, service, model)
                if isinstance(found, str):
                    what = f"{_name(model)} in {_name(service)} on {_name(host)}"
                    yield f"what was measured of {what} cannot be read: {found}"


def measured_tree(found: Measured) -> JsonTree:
    """Return a measurement as JSON; unknown values are left out."""
    tree: dict[str, object] = {
        "key": asdict(found.key),
        "when": found.when,
        "devices": {name: asdict(each) for name, each in sorted(found.devices.items())},
        "gpus": {str(index): each for index, each in sorted(found.gpus.items())},
    }
    for name in _OPTIONAL:
        tree[name] = getattr(found, name)
    return {name: each for name, each in tree.items() if each not in (None, {})}


_OPTIONAL = ("host", "load_seconds", "prompt_per_second", "predicted_per_second")


def _read(tree: object) -> Measured:
    whole = _expect(tree, "it")
    return Measured(
        key=_key(whole.get("key")),
        when=_text(whole, "when"),
        devices={
            name: _buffers(each, name)
            for name, each in _expect(whole.get("devices", {}), "devices").items()
        },
        gpus={
            _index(name): _number(each, f"gpus {name}")
            for name, each in _expect(whole.get("gpus", {}), "gpus").items()
        },
        **{name: _number(whole[name], name) for name in _OPTIONAL if name in whole},
    )


def _key(tree: object) -> MeasurementKey:
    found = _expect(tree, "key")
    return MeasurementKey(*(_text(found, each.name) for each in fields(MeasurementKey)))


def _buffers(tree: object, device: str) -> Buffers:
    known = {each.name for each in fields(Buffers)}
    found = _expect(tree, f"devices {_name(device)}")
    return Buffers(
        **{
            name: _number(each, f"devices {_name(device)} {name}")
            for name, each in found.items()
            if name in known
        }
    )


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} is not {NUMBER}")
    # Nor is NaN, infinity, or a whole number of a thousand digits.
    if not 0 <= value < 1 << 60:
        raise ValueError(f"{what} is not {NUMBER}")
    return float(value)


def _index(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    raise ValueError(f"{_name(text)} is no device index")


def _text(tree: Mapping[str, object], name: str) -> str:
    value = tree.get(name)
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} is no text")


def _expect(value: object, what: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{what} is no object")


def _name(text: str) -> str:
    """A name from a file, as it may stand in a message."""
    short = text if len(text) <= 60 else f"{text[:60]}…"
    return short if short.isprintable() else repr(short)
