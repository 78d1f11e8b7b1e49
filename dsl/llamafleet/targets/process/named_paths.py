"""The files and folders that a model's flags name, by what its server does with them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from ...fleet.llama_cpp import tables_of
from ...fleet.model import Build, Fleet, Model
from ...fleet.schema.argv import read_argv
from ...fleet.schema.flag_tables import FlagTable, bundled
from ..plan_types import ReadPath


class Use(Enum):
    """The use of a path by a server: `WRITES_FILE` creates the file in an existing folder."""

    READS = "reads"
    WRITES_FOLDER = "writes into the folder"
    WRITES_FILE = "writes the file"


PATH_FLAGS: Mapping[str, Use] = {
    "api-key-file": Use.READS,
    "chat-template-file": Use.READS,
    "control-vector": Use.READS,
    "control-vector-scaled": Use.READS,
    "grammar-file": Use.READS,
    "json-schema-file": Use.READS,
    "log-file": Use.WRITES_FILE,
    "log-prompts-dir": Use.WRITES_FOLDER,
    "lookup-cache-dynamic": Use.WRITES_FILE,
    "lookup-cache-static": Use.READS,
    "lora": Use.READS,
    "lora-scaled": Use.READS,
    "mcp-servers-config": Use.READS,
    "media-path": Use.READS,
    "models-dir": Use.READS,
    "models-preset": Use.READS,
    "path": Use.READS,
    "slot-save-path": Use.WRITES_FOLDER,
    "ssl-cert-file": Use.READS,
    "ssl-key-file": Use.READS,
    "ui-config-file": Use.READS,
    "video-ffmpeg-dir": Use.READS,
}
"""Flags of llama-server that name a path; a test holds this against the newest flag table."""

_SCALED = ("control-vector-scaled", "lora-scaled")
_ENVIRONMENT = "LLAMA_ARG_"
_KERNEL = ("/dev", "/proc", "/sys")


@dataclass(frozen=True, slots=True)
class NamedPath:
    """A path that the flag `key` of a model names; absolute, or relative to the state folder."""

    key: str
    path: str
    use: Use

    @property
    def folder(self) -> str:
        """Return the folder that must exist."""
        return posixpath.dirname(self.path) if self.use is Use.WRITES_FILE else self.path


def paths_of(model: Model, build: Build | None, fleet: Fleet) -> tuple[NamedPath, ...]:
    """Return every path of a model's keys, `extra-args` and environment, in that order.

    Empty for a model with a command of its own: nothing is known of such a program's flags.
    """
    if model.command or model.verbatim:
        return ()
    table = tables_of(fleet).nearest(build.ref).table if build else bundled()[0]
    found = [*_of_keys(model), *_of_words(model.extra_args, table), *_of_environment(model)]
    return tuple(dict.fromkeys(found))


def written_folders(paths: Iterable[NamedPath], state: str) -> tuple[str, ...]:
    """Folders that must exist and be writable, made absolute; without the kernel's own."""
    folders = (
        posixpath.normpath(posixpath.join(state, each.folder))
        for each in paths
        if each.use is not Use.READS
    )
    return tuple(dict.fromkeys(each for each in folders if each != "/" and not _is_kernels(each)))


def read_paths(paths: Iterable[NamedPath]) -> tuple[str, ...]:
    """Return absolute paths that are only read."""
    found = (each.path for each in paths if each.use is Use.READS)
    return tuple(dict.fromkeys(each for each in found if each.startswith("/")))


def must_exist(model: Model, build: Build | None, fleet: Fleet) -> Iterator[ReadPath]:
    """Yield absolute paths that a model's server reads, with the flag that names each."""
    for each in paths_of(model, build, fleet):
        if each.use is Use.READS and each.path.startswith("/"):
            yield ReadPath(model.name, each.key, each.path)


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Return True if a path is one of these folders or in one of them."""
    return any(path == each or path.startswith(f"{each}/") for each in folders)


def _is_kernels(path: str) -> bool:
    return is_below(path, _KERNEL)


def _of_keys(model: Model) -> Iterator[NamedPath]:
    for flag in model.flags:
        # A flag that may stand several times has all of them in one argv.
        yield from _named(flag.key, tuple(word for word in flag.argv if word != flag.argv[0]))


def _of_words(words: tuple[str, ...], table: FlagTable) -> Iterator[NamedPath]:
    for given in read_argv(words, table):
        if given.flag is not None:
            yield from _named(given.flag.key, given.values)


def _of_environment(model: Model) -> Iterator[NamedPath]:
    for name, value in model.env:
        if name.startswith(_ENVIRONMENT):
            yield from _named(name.removeprefix(_ENVIRONMENT).lower().replace("_", "-"), (value,))


def _named(key: str, values: tuple[str, ...]) -> Iterator[NamedPath]:
    use = PATH_FLAGS.get(key)
    if use is None:
        return
    for value in values:
        listed = value.split(",") if key.startswith(("lora", "control-vector")) else [value]
        for each in listed:
            path = each.rpartition(":")[0] if key in _SCALED and ":" in each else each
            if path and "${" not in path:
                yield NamedPath(key, path, use)
