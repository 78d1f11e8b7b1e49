"""The way in: what a file is, its fleet file, and the proof that both mean the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from ..diagnostics.model import Diagnostic, Diagnostics
from ..language.formatter import print_file
from ..language.reading import Read, read_bytes
from ..language.syntax import Block, File
from ..llama_swap.load import read_swap_config
from ..source import Source
from . import proof
from .command_line import read_command
from .comments import header_of, of_lines, place, without_secrets
from .lift import SERVER
from .llama_swap import SERVICE, Runs, to_fleet
from .router_ini import ini_to_file
from .secrets import Secret
from .service import Process, to_file
from .service import without_secrets as process_without_secrets
from .shelf import Shelf
from .swap_unit import config_of, runs
from .unit import SWAP, Unit, process_of, read_unit
from .unsayable import report_unsayable


class Kind(StrEnum):
    """What can be imported."""

    LLAMA_SWAP = "llama-swap"
    COMMAND = "command"
    UNIT = "unit"
    ROUTER_INI = "router-ini"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person asked for."""

    host: str = "localhost"
    version: int = 250
    read: Read = read_bytes


@dataclass(frozen=True, slots=True)
class Result:
    """A fleet file, if there is one, with what is to be said; `differences` proves it.

    `service` is the name of the service that it describes; `lost` are secrets that nobody needs.
    """

    text: str | None
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]
    secrets: tuple[Secret, ...] = ()
    differences: Callable[[], list[str]] = list
    service: str = SERVICE
    lost: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the original would not start, or could not be taken over."""
        return self.text is None or any(
            each.refused or (each.code == "not-imported" and each.severity == "error")
            for each in self.diagnostics
        )


def guess(source: Source) -> Kind | None:
    """The kind of a file by what is in it."""
    text = source.text
    sections = re.findall(r"(?m)^\s*\[([^\]\n]*)\]\s*$", text)
    if re.search(r"(?m)^ExecStart\s*=", text) or {"Service", "Unit"} & set(sections):
        return Kind.UNIT
    if re.search(r"(?m)^[\"']?(models|macros|groups|matrix|peers|routing)[\"']?\s*:", text):
        return Kind.LLAMA_SWAP
    if sections and re.search(r"(?m)^\s*[\w.-]+\s*=", text):
        return Kind.ROUTER_INI
    if re.search(r"(?m)^[\w\"'-]+\s*:(\s|$)", text):
        return Kind.LLAMA_SWAP
    first = text.split()
    if any(SERVER.fullmatch(word.strip("\"'")) for word in first):
        return Kind.COMMAND
    return Kind.LLAMA_SWAP if source.path.endswith((".yaml", ".yml")) else None


def import_source(source: Source, kind: Kind, asked: Asked) -> Result:
    """The fleet file of a source."""
    match kind:
        case Kind.LLAMA_SWAP:
            return _llama_swap(source, asked, Runs(), Diagnostics(), (source,))
        case Kind.UNIT:
            return _unit(source, asked)
        case Kind.COMMAND:
            shelf = Shelf(source)
            return _process(source, read_command(source, shelf), shelf, asked, "#")
    shelf = Shelf(source)
    file = _with_comments(ini_to_file(source, asked.host, shelf), source, "#;", shelf)
    return _result(
        file,
        shelf.diagnostics,
        (source,),
        tuple(shelf.safe.found),
        lambda text: proof.of_router(source, text, asked.host),
    )


def _result(
    file: File,
    diagnostics: Diagnostics,
    sources: tuple[Source, ...],
    secrets: tuple[Secret, ...],
    compared: Callable[[str], list[str]],
    service: str = SERVICE,
    lost: tuple[str, ...] = (),
) -> Result:
    """The tree as text; none where it holds what no fleet file can."""
    if report_unsayable(file, diagnostics):
        return Result(None, tuple(diagnostics), sources, secrets)
    text = print_file(file)
    return Result(text, tuple(diagnostics), sources, secrets, lambda: compared(text), service, lost)


def _llama_swap(
    source: Source,
    asked: Asked,
    how: Runs,
    diagnostics: Diagnostics,
    sources: tuple[Source, ...],
) -> Result:
    config, found = read_swap_config(source, asked.version)
    diagnostics.extend(found)
    if config is None:
        return Result(None, tuple(diagnostics), sources)
    imported = to_fleet(config, asked.host, source, how)
    diagnostics.extend(imported.diagnostics)
    return _result(
        imported.file,
        diagnostics,
        sources,
        imported.secrets,
        lambda text: proof.of_llama_swap(imported.config, text, asked.host),
        lost=imported.lost,
    )


def _unit(source: Source, asked: Asked) -> Result:
    shelf = Shelf(source)
    unit = read_unit(source, shelf)
    if unit is None or not unit.words:
        return Result(None, tuple(shelf.diagnostics), (source,))
    if SWAP.fullmatch(unit.words[0].text):
        config = config_of(source, unit, shelf, asked.read)
        if config is None:
            return Result(None, tuple(shelf.diagnostics), (source,))
        how = runs(source, unit, config, shelf)
        found = _llama_swap(config, asked, how, shelf.diagnostics, (source, config))
    else:
        found = _process(source, process_of(source, unit, shelf), shelf, asked, "#;")
    return _guarded(found, unit, asked)


def _guarded(result: Result, unit: Unit, asked: Asked) -> Result:
    """With what guards the process in its unit, and does not in the one that is rendered."""
    if result.text is None:
        return result
    path, lost = proof.unguarded(unit.settings, result.text, asked.host)
    if not lost:
        return result
    said = Diagnostics(list(result.diagnostics))
    for each in lost:
        message = f"{each.key}={each.value} guards this service, and is not taken over"
        hint = f"put it into a drop-in of the service, a file of {path}.d/"
        said.warning("not-imported", message, each.span, hint=hint)
    missing = [f"unit: {each.key}={each.value} guards no more" for each in lost]
    proven = result.differences
    return replace(result, diagnostics=tuple(said), differences=lambda: [*proven(), *missing])


def _process(
    source: Source, process: Process | None, shelf: Shelf, asked: Asked, signs: str
) -> Result:
    if process is None:
        return Result(None, tuple(shelf.diagnostics), (source,))
    process = process_without_secrets(process, shelf)
    file = to_file(process, asked.host, shelf)
    return _result(
        _with_comments(file, source, signs, shelf),
        shelf.diagnostics,
        (source,),
        tuple(shelf.safe.found),
        lambda text: proof.of_process(process, text, asked.host, tuple(shelf.safe.found)),
        _service_of(file),
    )


def _service_of(file: File) -> str:
    """The label of its last block, which is the service."""
    last = file.entries[-1]
    return last.label.text if isinstance(last, Block) and last.label else SERVICE


def _with_comments(file: File, source: Source, signs: str, shelf: Shelf) -> File:
    comments = without_secrets(of_lines(source, signs), shelf.safe.found)
    return place(file, comments, header_of(source, signs))
