"""Entry point of importing: guesses the format, imports it, and proves that both mean the same."""

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
from .import_context import ImportContext
from .llama_swap import SERVICE, Runs, to_fleet
from .router_ini import ini_to_file
from .secrets import Secret
from .server_command import SERVER
from .service import Process, to_file
from .service import without_secrets as process_without_secrets
from .swap_unit import config_of, runs
from .unit import SWAP, Unit, process_of, read_unit
from .unrepresentable import report_unrepresentable


class SourceKind(StrEnum):
    """A format that can be imported."""

    LLAMA_SWAP = "llama-swap"
    COMMAND = "command"
    UNIT = "unit"
    ROUTER_INI = "router-ini"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Options of an import: the host, the llama-swap release, and the reader of further files."""

    host: str = "localhost"
    version: int = 250
    read: Read = read_bytes


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A fleet file, if there is one, with its diagnostics; `differences` proves its meaning.

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
        """Return True if the original would not start, or could not be imported."""
        return self.text is None or any(
            each.refused or (each.code == "not-imported" and each.severity == "error")
            for each in self.diagnostics
        )


def guess(source: Source) -> SourceKind | None:
    """Guess the format of a file by its content; None where it is unclear."""
    text = source.text
    sections = re.findall(r"(?m)^\s*\[([^\]\n]*)\]\s*$", text)
    if re.search(r"(?m)^ExecStart\s*=", text) or {"Service", "Unit"} & set(sections):
        return SourceKind.UNIT
    if re.search(r"(?m)^[\"']?(models|macros|groups|matrix|peers|routing)[\"']?\s*:", text):
        return SourceKind.LLAMA_SWAP
    if sections and re.search(r"(?m)^\s*[\w.-]+\s*=", text):
        return SourceKind.ROUTER_INI
    if re.search(r"(?m)^[\w\"'-]+\s*:(\s|$)", text):
        return SourceKind.LLAMA_SWAP
    first = text.split()
    if any(SERVER.fullmatch(word.strip("\"'")) for word in first):
        return SourceKind.COMMAND
    return SourceKind.LLAMA_SWAP if source.path.endswith((".yaml", ".yml")) else None


def import_source(source: Source, kind: SourceKind, options: ImportOptions) -> ImportResult:
    """Import a source of the given format as a fleet file."""
    match kind:
        case SourceKind.LLAMA_SWAP:
            return _llama_swap(source, options, Runs(), Diagnostics(), (source,))
        case SourceKind.UNIT:
            return _unit(source, options)
        case SourceKind.COMMAND:
            context = ImportContext(source)
            return _process(source, read_command(source, context), context, options, "#")
    context = ImportContext(source)
    file = _with_comments(ini_to_file(source, options.host, context), source, "#;", context)
    return _result(
        file,
        context.diagnostics,
        (source,),
        tuple(context.safe.found),
        lambda text: proof.of_router(source, text, options.host),
    )


def _result(
    file: File,
    diagnostics: Diagnostics,
    sources: tuple[Source, ...],
    secrets: tuple[Secret, ...],
    compared: Callable[[str], list[str]],
    service: str = SERVICE,
    lost: tuple[str, ...] = (),
) -> ImportResult:
    """Render the tree as text; None where it holds something that no fleet file can."""
    if report_unrepresentable(file, diagnostics):
        return ImportResult(None, tuple(diagnostics), sources, secrets)
    text = print_file(file)
    return ImportResult(
        text, tuple(diagnostics), sources, secrets, lambda: compared(text), service, lost
    )


def _llama_swap(
    source: Source,
    options: ImportOptions,
    how: Runs,
    diagnostics: Diagnostics,
    sources: tuple[Source, ...],
) -> ImportResult:
    config, found = read_swap_config(source, options.version)
    diagnostics.extend(found)
    if config is None:
        return ImportResult(None, tuple(diagnostics), sources)
    imported = to_fleet(config, options.host, source, how)
    diagnostics.extend(imported.diagnostics)
    return _result(
        imported.file,
        diagnostics,
        sources,
        imported.secrets,
        lambda text: proof.of_llama_swap(imported.config, text, options.host),
        lost=imported.lost,
    )


def _unit(source: Source, options: ImportOptions) -> ImportResult:
    context = ImportContext(source)
    unit = read_unit(source, context)
    if unit is None or not unit.words:
        return ImportResult(None, tuple(context.diagnostics), (source,))
    if SWAP.fullmatch(unit.words[0].text):
        config = config_of(source, unit, context, options.read)
        if config is None:
            return ImportResult(None, tuple(context.diagnostics), (source,))
        how = runs(source, unit, config, context)
        found = _llama_swap(config, options, how, context.diagnostics, (source, config))
    else:
        found = _process(source, process_of(source, unit, context), context, options, "#;")
    return _guarded(found, unit, options)


def _guarded(result: ImportResult, unit: Unit, options: ImportOptions) -> ImportResult:
    """Report the settings that protect the process in its unit, but not in the rendered one."""
    if result.text is None:
        return result
    path, lost = proof.unguarded(unit.settings, result.text, options.host)
    if not lost:
        return result
    said = Diagnostics(list(result.diagnostics))
    for each in lost:
        message = f"{each.key}={each.value} protects this service, and is not imported"
        hint = f"put it into a drop-in of the service, a file in {path}.d/"
        said.warning("not-imported", message, each.span, hint=hint)
    missing = [f"unit: {each.key}={each.value} is missing" for each in lost]
    proven = result.differences
    return replace(result, diagnostics=tuple(said), differences=lambda: [*proven(), *missing])


def _process(
    source: Source,
    process: Process | None,
    context: ImportContext,
    options: ImportOptions,
    signs: str,
) -> ImportResult:
    if process is None:
        return ImportResult(None, tuple(context.diagnostics), (source,))
    process = process_without_secrets(process, context)
    file = to_file(process, options.host, context)
    return _result(
        _with_comments(file, source, signs, context),
        context.diagnostics,
        (source,),
        tuple(context.safe.found),
        lambda text: proof.of_process(process, text, options.host, tuple(context.safe.found)),
        _service_of(file),
    )


def _service_of(file: File) -> str:
    """Return the label of the last block, which is the service."""
    last = file.entries[-1]
    return last.label.text if isinstance(last, Block) and last.label else SERVICE


def _with_comments(file: File, source: Source, signs: str, context: ImportContext) -> File:
    comments = without_secrets(of_lines(source, signs), context.safe.found)
    return place(file, comments, header_of(source, signs))
