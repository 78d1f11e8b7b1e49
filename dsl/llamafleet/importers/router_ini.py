"""Imports a llama.cpp router's INI as a llama-swap service: both load models on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..fleet.schema.value_type import BARE_WORD
from ..fleet.server_argv import form_of
from ..fleet.words import Word
from ..language.syntax import (
    AllOf,
    AnyOf,
    Block,
    Directive,
    Expression,
    File,
    MatrixSet,
    Member,
    Name,
    Number,
    SetReference,
    Text,
)
from ..source import Position, Source, Span
from . import nodes
from .import_context import ImportContext
from .llama_swap import LISTEN, SERVICE
from .model_block import flag_entries, has_weights
from .moving import Moved, Mover
from .secrets import SecretStore, environment_file
from .server_command import parse_server_command
from .service import placed

ROUTER_ONLY = frozenset({"load-on-startup", "stop-timeout", "dedup-cache-models"})
TRUE, FALSE = (
    frozenset({"1", "true", "on", "yes", "enabled"}),
    frozenset({"0", "false", "off", "no", "disabled"}),
)
MODELS_MAX = 4
"""How many models the router keeps loaded, unless --models-max says something else."""
ENVIRONMENT = "LLAMA_ARG_"
AT_FIRST = 3
"""Behind host, listen and models."""
VARIABLES = {"LLAMA_API_KEY": "api-key", "HF_TOKEN": "hf-token"}
"""Variables that are keys of a section, too, and do not begin like the others."""


@dataclass(frozen=True, slots=True)
class Said:
    """One key of a section, with its value."""

    key: str
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """One section and its keys; a repeated key replaces the first."""

    name: str
    span: Span
    keys: Mapping[str, Said]


def read(source: Source) -> tuple[Section, ...]:
    """Read the sections; keys before the first one belong to the section ""."""
    name, span = "", source.whole()
    sections: dict[str, tuple[Span, dict[str, Said]]] = {"": (span, {})}
    for number, line in enumerate(source.lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        place = Span(source.path, Position(number, 1), Position(number, len(line) + 1))
        if text.startswith("[") and "]" in text:
            name = text[1 : text.rindex("]")].strip()
            sections.setdefault(name, (place, {}))
            continue
        key, sign, value = text.partition("=")
        if sign:
            plain = key.strip().lstrip("-")
            sections[name][1][plain] = Said(plain, _unquoted(value.strip()), place)
    return tuple(Section(name, span, keys) for name, (span, keys) in sections.items())


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def words_of(section: Section, defaults: Section | None, program: str) -> tuple[Word, ...]:
    """Return the command line that the router starts for a section."""
    keys = {**(defaults.keys if defaults else {}), **section.keys}
    words = [Word(program, section.span)]
    for said in keys.values():
        if said.key not in ROUTER_ONLY:
            words += _flag(said)
    return tuple(words)


def _flag(said: Said) -> list[Word]:
    name = said.key
    if name in VARIABLES:
        name = VARIABLES[name]
    elif name.startswith(ENVIRONMENT):
        name = name.removeprefix(ENVIRONMENT).lower().replace("_", "-")
    spelled = next((each for each in (f"--{name}", f"-{name}") if form_of(each)), f"--{name}")
    form = form_of(spelled)
    value = said.value.lower()
    flag = Word(spelled, said.span)
    if form is None:
        if value in TRUE:
            return [flag]
        return [] if value in FALSE else [flag, Word(said.value, said.span)]
    if form.arity:
        return [flag, *(Word(part, said.span) for part in said.value.split(None, form.arity - 1))]
    if value in TRUE:
        return [flag]
    opposite = f"--no-{form.key}"
    return [Word(opposite, said.span)] if form_of(opposite) and not form.off else []


def ini_to_file(
    source: Source, host: str, context: ImportContext, program: str = "llama-server"
) -> File:
    """Return the fleet file of a router: its models behind a llama-swap."""
    start = nodes.start_of(source.path)
    sections = read(source)
    defaults = next((each for each in sections if each.name == "*"), None)
    models = models_of(sections)
    for said in next(each for each in sections if each.name == "").keys.values():
        if said.key != "version":
            context.diagnostics.warning(
                "not-imported",
                f"{said.key} is outside of any section and is not imported",
                said.span,
            )
    blocks = [_model(each, defaults, context, program) for each in models]
    service = _service(models, defaults, host, start)
    if context.safe.found:
        file = nodes.attribute("environment-file", Text(environment_file(SERVICE), start))
        service.insert(AT_FIRST, file)
    return File(
        source.path,
        (
            Directive(Name("fleet", start), Number("1", start), start),
            nodes.block("host", host, [], start),
            *context.gguf_blocks(),
            *blocks,
            nodes.block("llama-swap", SERVICE, service, start),
        ),
    )


def models_of(sections: Iterable[Section]) -> list[Section]:
    """Return the sections that are models."""
    return [each for each in sections if each.name not in ("", "*", "default")]


def moved_of(section: Section, defaults: Section | None, program: str, safe: SecretStore) -> Moved:
    """Return the process of a section, with its secrets moved out."""
    words = [word.text for word in words_of(section, defaults, program)]
    mover = Mover(safe, f"of model {section.name}", section.span, section.name)
    return mover.moved(words) or Moved(tuple(words))


def _model(
    section: Section, defaults: Section | None, context: ImportContext, program: str
) -> Block:
    moved = moved_of(section, defaults, program, context.safe)
    words = tuple(placed(moved.words, words_of(section, defaults, program)))
    parsed = parse_server_command(words)
    entries: list[nodes.Entry] = []
    if parsed is not None and has_weights(parsed):
        entries += flag_entries(parsed, context)
    else:
        argv = [word.text for word in words]
        if parsed is None or parsed.port is None:
            argv += ["--port", "${PORT}"]
        entries.append(nodes.attribute("command", nodes.texts(argv, section.span)))
    stop = {**(defaults.keys if defaults else {}), **section.keys}.get("stop-timeout")
    seconds = nodes.whole_seconds(stop.value) if stop else 0
    if stop and seconds:
        entries.append(nodes.attribute("unload-timeout", nodes.duration(seconds, stop.span)))
    elif stop and seconds is None:
        context.diagnostics.warning(
            "not-imported", f"stop-timeout = {stop.value} is not imported", stop.span
        )
    if moved.given:
        values = [f"{name}=${{env.{held}}}" for name, held in moved.given]
        env = nodes.attribute("env", nodes.texts(values, section.span))
        entries.append(nodes.block("pass-through", None, [env], section.span))
    return nodes.block("model", section.name, entries, section.span)


def _service(
    models: list[Section], defaults: Section | None, host: str, start: Span
) -> list[nodes.Entry]:
    names = [nodes.named(each.name, each.span) for each in models]
    entries: list[nodes.Entry] = [
        nodes.attribute("host", nodes.named(host, start)),
        nodes.attribute("listen", Text(f":{LISTEN}", start)),
        nodes.attribute("models", nodes.items(names, start)),
    ]
    loaded = [each for each in models if is_loaded(each, defaults)]
    if loaded:
        values = (nodes.named(each.name, each.span) for each in loaded)
        entries.append(nodes.attribute("preload", nodes.items(values, start)))
    if len(models) > MODELS_MAX:
        entries.append(_any_few(models, start))
    elif models:
        group = [
            nodes.attribute("models", nodes.items(names, start)),
            nodes.attribute("swap", nodes.switch(False, start)),
        ]
        entries.append(nodes.block("group", "all", group, start))
    return entries


def is_loaded(section: Section, defaults: Section | None) -> bool:
    """Return True if the router loads it at startup."""
    said = {**(defaults.keys if defaults else {}), **section.keys}.get("load-on-startup")
    return said is not None and said.value.lower() in TRUE


def _any_few(models: list[Section], start: Span) -> Block:
    """Return a matrix in which any few of the models may run together."""
    handles: list[nodes.Entry] = []
    members: list[Expression] = []
    taken = {each.name for each in models}
    for number, each in enumerate(models, 1):
        name = each.name
        if not BARE_WORD.fullmatch(name):
            name = next(f"{p}{number}" for p in ("m", "x", "handle") if f"{p}{number}" not in taken)
            handles.append(nodes.attribute(name, nodes.named(each.name, each.span)))
        members.append(Member(name, each.span))
    pool = SetReference("pool", start)
    sets = (
        ("pool", AnyOf(tuple(members), start)),
        ("few", AllOf((pool,) * MODELS_MAX, start)),
    )
    written = [
        MatrixSet(Name("set", start), Name(name, start), expression, start)
        for name, expression in sets
    ]
    return nodes.block("matrix", None, [*handles, *written], start)
