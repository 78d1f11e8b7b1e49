"""The key of a measurement; the measurement counts while the key is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ..dataclasses import dataclass
from ..fleet.model import Build, Fleet, Gguf, Host, Model
from .facts import LockedFacts

RULES = 1
"""Counts up when llamafleet starts servers in another way."""

LENGTH = 16

NO_MATTER = """
api-key api-key-file api-prefix chat-template chat-template-file chat-template-kwargs
cors-origins frequency-penalty grammar grammar-file jinja json-schema json-schema-file
log-colors log-disable log-file log-jsonl log-prefix log-timestamps log-verbosity metrics
min-p n-predict path presence-penalty props reasoning reasoning-budget reasoning-format
repeat-last-n repeat-penalty samplers seed skip-chat-parsing slot-save-path slots ssl-cert-file
ssl-key-file temp timeout top-k top-p typical-p ui verbose webui
""".split()  # noqa: SIM905 (a line a word is no easier to read)
"""Flags that change what a server answers and says, and neither what it takes nor how fast."""


@dataclass(frozen=True, slots=True)
class MeasurementKey:
    """Settings and cards as a fingerprint; the build and the weights in words."""

    settings: str
    build: str
    weights: str

    def differs(self, other: MeasurementKey) -> str:
        """Return the names of the parts that differ: `build and weights`."""
        names = ("settings", "build", "weights")
        moved = [name for name in names if getattr(self, name) != getattr(other, name)]
        return " and ".join(moved)


def measurement_key(fleet: Fleet, host: str, service: str, model: str) -> MeasurementKey | None:
    """Return the key of a measurement made now; None for a model that no build runs."""
    serving, served, where = fleet.services[service], fleet.models[model], fleet.hosts[host]
    if not served.needs_build or served.gguf is None or not serving.builds:
        return None
    per_gpu = serving.server is not None and serving.server.one_gpu_each is not None
    names = (served.gguf, served.mmproj, served.draft)
    return MeasurementKey(
        settings=_settings(served, where, per_gpu),
        build=_build(fleet.builds[serving.builds[0]]),
        weights=" + ".join(_weights(fleet.ggufs[name], fleet.facts) for name in names if name),
    )


def _settings(model: Model, host: Host, per_gpu: bool) -> str:
    """A fingerprint of what reaches the server; the order of keys does not matter."""
    seen = range(len(host.gpus)) if model.gpus is None else model.gpus
    tree = [
        RULES,
        sorted((each.key, each.argv) for each in model.flags if each.key not in NO_MATTER),
        model.extra_args,
        sorted(model.env),
        per_gpu,
        [(index, *_card(host, index)) for index in seen],
    ]
    return _digest(tree)


def _card(host: Host, index: int) -> tuple[str, str | None, int | None] | tuple[()]:
    if index >= len(host.gpus):
        return ()
    gpu = host.gpus[index]
    return gpu.vendor, gpu.arch, gpu.vram


def _build(build: Build) -> str:
    """Return `b11434 cuda` and everything else that decides which code runs."""
    native = ("native",) if build.native else ()
    blas = (f"blas={build.blas}",) if build.blas else ()
    commit = (build.commit[:12],) if build.commit else ()
    archive = (build.sha256[:12],) if build.sha256 else ()
    parts = ("variants",) if build.cpu_all_variants else ()
    more = (*commit, *archive, *native, *parts, *blas, *build.cmake)
    return " ".join((build.ref, build.backend, *more))


def _weights(gguf: Gguf, facts: Mapping[str, object]) -> str:
    """By their content where that is known: neither a commit nor a place changes them."""
    hashes = [each.sha256 for each in gguf.files] or [gguf.sha256]
    if all(hashes):
        return " ".join(f"sha256:{each[:LENGTH]}" for each in hashes if each)
    place = f"{gguf.repo}@{gguf.revision}:{gguf.file}" if gguf.repo else f"{gguf.path}"
    size = "" if gguf.size is None else f" {gguf.size}"
    header = ""
    if isinstance(facts, LockedFacts) and gguf.name in facts.trees:
        header = f" header:{_digest(facts.trees[gguf.name])}"
    return f"{place}{size}{header}"


def _digest(tree: object) -> str:
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]
