"""The models in a folder: each set of files with its name, its header and its projector."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ..dataclasses import dataclass, replace
from ..fleet.discovered_names import possible_names
from ..fleet.observed import ObservedFile, ObservedFolder, ObservedWeights
from ..gguf.compact import from_json, to_json
from ..gguf.facts import GgufFacts
from ..gguf.problem import GgufError
from .files import Asked, FileSet, LeftOut, SeenFile, file_sets, wanted
from .kinds import kind_of, sidecar
from .projectors import matched

ReadHeader: TypeAlias = Callable[[str], GgufFacts | GgufError]
"""Reads the header of the model whose first file has this path, with those of its shards."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A folder's models, and the files that are none."""

    folder: ObservedFolder
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A set whose header is known."""

    files: FileSet
    facts: GgufFacts


def catalogue(
    asked: Asked,
    seen: Sequence[SeenFile],
    before: ObservedFolder | None,
    read: ReadHeader,
    known: Callable[[str], bool],
) -> Catalogue:
    """Return the models in a folder.

    Models that were there keep their names and their order, and the headers of files that have not
    changed are not read again; new ones follow, those of the folder itself first. `known` says of
    an architecture if llama.cpp has it.
    """
    sets, left_out = file_sets(seen, asked)
    out = list(left_out)
    remembered = _remembered(before)
    models: list[_Read] = []
    projectors: list[_Read] = []
    for each in sets:
        if what := sidecar(each.path):
            out.append(LeftOut(each.path, f"it is {what}, not a model", of_note=False))
            continue
        facts = remembered(each) or read(each.path)
        if isinstance(facts, GgufError):
            out.append(LeftOut(each.path, facts.message))
            continue
        kind = kind_of(facts, each.path, known)
        if kind == "model":
            models.append(_Read(each, facts))
        elif kind == "projector":
            projectors.append(_Read(each, facts))
        else:
            out.append(LeftOut(each.path, kind, of_note=kind.endswith("load it")))
    of, unused = matched(_pairs(models), _pairs(projectors))
    named = tuple(_named(models, of, asked.folder, before))
    used = {each.mmproj for each in named}
    kept = (each for each in projectors if each.files.path in used)
    out.extend(unused)
    weights = tuple(_weights("", each, None) for each in kept)
    others = _others(seen, asked, (*named, *weights))
    folder = ObservedFolder(asked.include, asked.exclude, named, weights, others)
    return Catalogue(folder, tuple(sorted(out, key=lambda each: each.path)))


def _others(
    seen: Sequence[SeenFile], asked: Asked, used: Sequence[ObservedWeights]
) -> tuple[ObservedFile, ...]:
    """Return the files that are asked for and in no model."""
    known = {file.file for each in used for file in each.files}
    files = (each.file for each in wanted(seen, asked) if each.file.file not in known)
    return tuple(sorted(files, key=lambda each: each.file))


def _pairs(read: Sequence[_Read]) -> Sequence[tuple[FileSet, GgufFacts]]:
    return [(each.files, each.facts) for each in read]


def _remembered(before: ObservedFolder | None) -> Callable[[FileSet], GgufFacts | None]:
    known = {
        each.files: each.facts
        for each in ((*before.models, *before.projectors) if before else ())
        if each.facts is not None
    }

    def facts_of(files: FileSet) -> GgufFacts | None:
        tree = known.get(files.files)
        found = from_json(tree) if tree is not None else None
        return found if isinstance(found, GgufFacts) else None

    return facts_of


def _named(
    models: Sequence[_Read],
    projectors: Mapping[str, str],
    folder: str,
    before: ObservedFolder | None,
) -> Iterator[ObservedWeights]:
    """Yield models with names: first those that were there, then the new ones."""
    here = {each.files.path: each for each in models}
    old = {each.path: each.name for each in (before.models if before else ())}
    names = {path: name for path, name in old.items() if path in here}
    taken = set(names.values())
    for each in models:
        path = each.files.path
        if path not in names:
            possible = possible_names(path, folder, _title(each))
            names[path] = next(name for name in possible if name not in taken)
            taken.add(names[path])
    for path, name in names.items():
        yield _weights(name, here[path], projectors.get(path))


def _title(read: _Read) -> str:
    """Return the name that a file's header gives it, where its own name is only a checksum."""
    if posixpath.basename(read.files.path).endswith(".gguf"):
        return ""
    return read.facts.text("general.name") or ""


def _weights(name: str, read: _Read, mmproj: str | None) -> ObservedWeights:
    return ObservedWeights(name, read.files.files, mmproj, to_json(read.facts))


def without_facts(folder: ObservedFolder) -> ObservedFolder:
    """Return a folder without headers, for comparing."""
    return replace(
        folder,
        models=tuple(replace(each, facts=None) for each in folder.models),
        projectors=tuple(replace(each, facts=None) for each in folder.projectors),
    )
