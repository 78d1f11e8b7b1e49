"""`llamafleet explain`: what a block kind, a key, a flag or a diagnostic's code means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from .diagnostics.codes import Code
from .fleet.schema import llama_server
from .fleet.schema.block import BlockSchema, Key
from .fleet.schema.core import DECLARATIONS
from .fleet.schema.server_flag import ServerFlag
from .fleet.schema.values import did_you_mean
from .targets import TARGETS
from .targets.process.unasked import ADDITIONS

WIDTH = 88


class UnknownWordError(LookupError):
    """Nothing is called that; the message says what may have been meant."""


def explain(word: str) -> str:
    """What `word` means, as text: `nginx`, `nginx.listen`, `ctx-size`, `-ngl`, `unknown-key`.

    Raises UnknownWordError, with a message for people, where it means nothing.
    """
    kinds = {schema.kind: schema for schema in schemas()}
    name = word.strip().lstrip("-")
    found = [_block(kinds[name])] if name in kinds else []
    if name in llama_server.refused() and name not in kinds:
        found.append(f"{name} is no key of a model\n{_indented(llama_server.refused()[name])}")
    found += _keys(name, kinds.values())
    if not found and "." in name:
        kind, _, key = name.partition(".")
        if kind in kinds:
            found = _keys(key, [kinds[kind]])
    if not found and (code := codes().get(name)):
        found = [f"{name} ({code.severity.value})\n{_indented(code.meaning)}"]
    if not found:
        raise UnknownWordError(_unknown(word, name, kinds))
    return "\n\n".join(found) + "\n"


def codes() -> Mapping[str, Code]:
    """Return every code of diagnostics. The rules are loaded for it, which keys do not need."""
    from .rules.codes import CODES

    return CODES


def schemas() -> Iterator[BlockSchema]:
    """Every block kind once, the nested ones after the first that holds them."""
    waiting = [*DECLARATIONS, *(target.schema for target in TARGETS)]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop(0)
        if schema.kind not in seen:
            seen.add(schema.kind)
            yield schema
            waiting = [*schema.blocks, *waiting]


def flag_of(key: Key) -> ServerFlag | None:
    """The flag of llama-server that a key is; other keys may well have the name of a flag."""
    flag = llama_server.flags().get(key.same_as or key.name)
    return flag if flag and flag.on == key.upstream else None


def default_of(key: Key) -> str:
    """The default as somebody would write it; empty where there is none."""
    match key.default:
        case None | ():
            return ""
        case bool():
            return "on" if key.default else "off"
        case tuple():
            return f"[{', '.join(map(str, key.default))}]"
        case int() if "duration" in key.type.expected:
            return f"{key.default / 1000:g}s"
        case str() if key.type.expected.endswith("in quotes"):
            return f'"{key.default}"'
    return str(key.default)


def _block(schema: BlockSchema) -> str:
    label = " NAME" if schema.labelled else ""
    own = [key for key in schema.keys if not flag_of(key)]
    lines = [f"{schema.kind}{label} {{ ... }}", _indented(schema.help)]
    width = max((len(key.name) for key in own), default=0)
    for key in own:
        needed = " Required." if key.required else ""
        lines.append(f"    {key.name:<{width}}  {key.help}{needed}")
    if schema.free_keys:
        lines.append(f"    NAME = ...  {schema.free_keys.expected}")
    if schema.free_blocks:
        lines.append("    NAME { ... }  more of the same, to any depth")
        lines.append("    item NAME { ... }  one of a list of such blocks")
    if schema.sets:
        lines.append("    set NAME = a & (b | c)")
    for inner in schema.blocks:
        named = " NAME" if inner.labelled else ""
        lines.append(f"    {inner.kind}{named} {{ ... }}  {inner.help}")
    if len(own) < len(schema.keys):
        flags = f"and {len(llama_server.flags())} flags of llama-server {llama_server.PINNED}"
        lines.append(f"    {flags}, by their long names")
    return "\n".join(lines)


def _keys(name: str, among: Iterable[BlockSchema]) -> list[str]:
    found: dict[str, list[str]] = {}
    for schema in among:
        for key in schema.keys:
            flag = flag_of(key)
            if key.name == name or (flag and not key.same_as and f"-{name}" in flag.names):
                found.setdefault(_key(key), []).append(schema.kind)
    return [text.replace("\0", " and ".join(kinds), 1) for text, kinds in found.items()]


def _key(key: Key) -> str:
    lines = [f"{key.name}, in \0: {key.type.expected}", _indented(key.help)]
    flag = flag_of(key)
    if flag:
        negative = f", {flag.off}" if flag.off else ""
        lines.append(f"    llama-server: {', '.join(flag.names)}{negative}")
        if flag.default is not None:
            lines.append(f"    llama-server's default: {_told(flag.default)}")
        lines += _added(flag)
    elif key.upstream:
        lines.append(f"    upstream: {key.upstream}")
        if key.since > 1:
            lines.append(f"    since: v{key.since}")
    if key.required:
        lines.append("    required")
    elif default := default_of(key):
        lines.append(f"    default: {default}")
    return "\n".join(lines)


def _added(flag: ServerFlag) -> Iterator[str]:
    """What llamafleet passes for the flag where a model does not set it."""
    for each in ADDITIONS:
        if each.key == flag.key:
            text = f"llamafleet adds {' '.join(each.words)} {each.condition}: {each.why}"
            yield _indented(text)


def _told(default: object) -> str:
    return {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)


def _indented(text: str) -> str:
    return textwrap.indent(textwrap.fill(text, WIDTH - 4, break_on_hyphens=False), "    ")


def _unknown(word: str, name: str, kinds: dict[str, BlockSchema]) -> str:
    keys = {key.name for schema in kinds.values() for key in schema.keys}
    hint = did_you_mean(name, [*kinds, *sorted(keys), *codes()])
    kind, _, key = name.partition(".")
    if kind in kinds:
        hint = did_you_mean(key, kinds[kind].table) or f"run llamafleet explain {kind} for its keys"
    return f'nothing is called "{word}"; {hint or "the block kinds are " + ", ".join(kinds)}'
