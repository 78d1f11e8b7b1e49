"""From `discover` blocks and what hosts were seen to have to models like those that are written.

A discovered model is a `model` block that nobody wrote: it takes the defaults, and every check and
target sees it as any other. What is written comes first, in names as in files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..dataclasses import dataclass, field
from ..diagnostics.model import Diagnostics
from ..gguf.shards import shards
from ..language.syntax import Attribute, Block, MatrixSet, Name, Text
from ..source import Span
from .discover_block import Discover, discover_blocks, read_discover
from .discovered_names import is_taken, possible_names
from .model import Gguf, GgufFile
from .observed import Observations, ObservedFolder, ObservedWeights
from .scope import Scope

READ_THEM = "run: pyinfra INVENTORY deploys/facts.py"

_NAMING = frozenset({"selector", "group", "profile"})
"""Blocks of a service whose labels or keys share the space of names with models."""


@dataclass(slots=True)
class Discovered:
    """Blocks of models that nobody wrote, by name, and the names by the services they are for.

    `alike` has the name of the model with some weights and projector.
    """

    blocks: dict[str, Block] = field(default_factory=dict)
    alike: dict[tuple[str, str], str] = field(default_factory=dict)
    services: dict[str, tuple[str, ...]] = field(default_factory=dict)


def discover(services: Mapping[str, Block], observations: Observations, scope: Scope) -> Discovered:
    """Return the models of all folders, and declare their weights in the scope.

    Folders that were never read, or that are asked for in other words since, are reported.
    """
    found = Discovered()
    taken = set(_taken_names(services, scope))
    for service, block in services.items():
        names: list[str] = []
        seen = set(_declared(block, observations, scope))
        for inner in discover_blocks(block):
            # The target reads the block once more, and reports what is wrong in it.
            asked = read_discover(inner, Diagnostics())
            if asked is None:
                continue
            observed = observations.folders.get(service, {}).get(asked.folder)
            _report_state(asked, observed, observations, scope)
            if observed is None:
                continue
            for weights in observed.models:
                if seen.isdisjoint(each.file for each in weights.files) and is_taken(
                    weights.path, asked.folder, asked.include, asked.exclude
                ):
                    seen.update(each.file for each in weights.files)
                    names.append(_declare(weights, observed, asked, service, found, taken, scope))
        if names:
            found.services[service] = tuple(names)
    return found


def _report_state(
    asked: Discover, observed: ObservedFolder | None, observations: Observations, scope: Scope
) -> None:
    if not observations.missed:
        return
    if observed is None:
        message = f'the files in "{asked.folder}" are not in fleet.lock yet, so no model of theirs '
        message += "is served or checked"
        scope.diagnostics.warning("not-locked", message, asked.origin, hint=READ_THEM)
    elif (observed.include, observed.exclude) != (asked.include, asked.exclude):
        message = f'include or exclude has changed since the files in "{asked.folder}" were read'
        scope.diagnostics.warning("not-locked", message, asked.origin, hint=READ_THEM)


def _taken_names(services: Mapping[str, Block], scope: Scope) -> Iterator[str]:
    """Yield the names that clients, matrices and selectors know already."""
    yield from scope.broken.get("model", ())
    for model in scope.models.values():
        yield model.name
        yield from model.other_ids
    for block in services.values():
        for entry in block.entries:
            if not isinstance(entry, Block):
                continue
            if entry.kind.text in _NAMING and entry.label:
                yield entry.label.text
            elif entry.kind.text == "matrix":
                yield from _words(entry.entries)


def _words(entries: Iterable[Attribute | MatrixSet | Block]) -> Iterator[str]:
    for each in entries:
        if isinstance(each, Attribute):
            yield each.key.text


def _declared(block: Block, observations: Observations, scope: Scope) -> Iterator[str]:
    """Yield the paths of all weights that are written in the fleet file, on a service's host."""
    host = next(
        (
            scope.hosts[each.value.text]
            for each in block.entries
            if isinstance(each, Attribute)
            and each.key.text == "host"
            and isinstance(each.value, Name | Text)
            and each.value.text in scope.hosts
        ),
        None,
    )
    for gguf in scope.ggufs.values():
        if gguf.found_in is not None:
            continue
        if gguf.path is not None:
            yield from shards(gguf.path)
        elif host is not None:
            yield from downloaded(gguf, observations.files.get(gguf.name, ()), host.models_dir)


def downloaded(gguf: Gguf, files: tuple[str, ...], models_dir: str) -> Iterator[str]:
    """Yield the paths that downloaded weights have, or would have beside another revision."""
    for file in files or shards(gguf.file or ""):
        if file:
            yield f"{models_dir.rstrip('/')}/{gguf.folder or gguf.repo}/{file}"


def _declare(
    weights: ObservedWeights,
    observed: ObservedFolder,
    asked: Discover,
    service: str,
    found: Discovered,
    taken: set[str],
    scope: Scope,
) -> str:
    """Declare weights and their model, and return its name; two hosts may have one model."""
    gguf, mmproj = _gguf(weights, asked, service, scope), ""
    projector = next((each for each in observed.projectors if each.path == weights.mmproj), None)
    if projector and is_taken(projector.path, asked.folder, asked.include, asked.exclude):
        mmproj = _gguf(projector, asked, service, scope)
    known = found.alike.get((gguf, mmproj))
    if known is not None:
        return known
    name = _name(weights, asked.folder, taken)
    taken.add(name)
    found.alike[gguf, mmproj] = name
    found.blocks[name] = _model(name, gguf, mmproj, asked.origin)
    return name


def _name(weights: ObservedWeights, folder: str, taken: set[str]) -> str:
    if weights.name and weights.name not in taken:
        return weights.name
    return next(each for each in possible_names(weights.path, folder) if each not in taken)


def _model(name: str, gguf: str, mmproj: str, at: Span) -> Block:
    """Return the block of a model as its author would have written it; everything points there."""
    values = {"gguf": gguf, **({"mmproj": mmproj} if mmproj else {})}
    entries = tuple(Attribute(Name(key, at), Text(value, at), at) for key, value in values.items())
    return Block(Name("model", at), Text(name, at), entries, at, at)


def _gguf(weights: ObservedWeights, asked: Discover, service: str, scope: Scope) -> str:
    """Declare weights by their path, and return the name that they have."""
    files = tuple(GgufFile(each.file, each.size, None) for each in weights.files)
    name = weights.path
    known = scope.ggufs.get(name)
    if known is not None and known.files != files:
        name = f"{weights.path} of {service}"
    scope.ggufs[name] = Gguf(
        name=name,
        path=weights.path,
        repo=None,
        file=None,
        revision="",
        sha256=None,
        size=weights.files[0].size,
        origin=asked.origin,
        files=files,
        found_in=asked.folder,
    )
    return name
