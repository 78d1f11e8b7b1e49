"""Explanations of block kinds, keys, flags of llama-server and diagnostic codes, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from .dataclasses import dataclass
from .diagnostics.codes import Code
from .fleet.schema import llama_server
from .fleet.schema.block import BlockSchema, Key
from .fleet.schema.core import DECLARATIONS
from .fleet.schema.server_flag import ServerFlag
from .fleet.schema.values import did_you_mean
from .targets import TARGETS
from .targets.process.added_flags import ADDITIONS

WIDTH = 88


class UnknownWordError(LookupError):
    """No block kind, key, flag or code has the name; the message suggests one."""


@dataclass(frozen=True, slots=True)
class RefusedKey:
    """A flag of llama-server that is no key of a model, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyMeaning:
    """A key that means the same in the blocks of these kinds."""

    key: Key
    kinds: tuple[str, ...]


Meaning = BlockSchema | RefusedKey | KeyMeaning | Code


def explain(word: str) -> str:
    """Explain a word as text: `nginx`, `nginx.listen`, `ctx-size`, `-ngl`, `unknown-key`.

    Raises UnknownWordError, with a message for people, if the word has no meaning.
    """
    return "\n\n".join(_text(each) for each in meanings(word)) + "\n"


def meanings(word: str) -> tuple[Meaning, ...]:
    """Return every meaning of a word; never empty.

    Raises UnknownWordError, with a message for people, if the word has no meaning.
    """
    kinds = {schema.kind: schema for schema in schemas()}
    name = word.strip().lstrip("-")
    found: list[Meaning] = [kinds[name]] if name in kinds else []
    if name in llama_server.unsupported_flags() and name not in kinds:
        found.append(RefusedKey(name, llama_server.unsupported_flags()[name]))
    found += _keys(name, kinds.values())
    if not found and "." in name:
        kind, _, key = name.partition(".")
        if kind in kinds:
            found += _keys(key, [kinds[kind]])
    if not found and (code := codes().get(name)):
        found.append(code)
    if not found:
        raise UnknownWordError(_unknown(word, name, kinds))
    return tuple(found)


def codes() -> Mapping[str, Code]:
    """Return every diagnostic code by name; loads the rules, which keys do not need."""
    from .rules.codes import CODES

    return CODES


def schemas() -> Iterator[BlockSchema]:
    """Yield every block kind once, nested ones after the first that holds them."""
    waiting = [*DECLARATIONS, *(target.schema for target in TARGETS)]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop(0)
        if schema.kind not in seen:
            seen.add(schema.kind)
            yield schema
            waiting = [*schema.blocks, *waiting]


def flag_of(key: Key) -> ServerFlag | None:
    """Return the llama-server flag that a key sets; None for keys that only share its name."""
    flag = llama_server.flags().get(key.same_as or key.name)
    return flag if flag and flag.on == key.upstream else None


def default_of(key: Key) -> str:
    """Return the default as it is written in a fleet file; "" if there is none."""
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


def additions_to(flag: ServerFlag) -> Iterator[str]:
    """Yield what llamafleet passes for the flag to models that do not set it."""
    for each in ADDITIONS:
        if each.key == flag.key:
            yield f"llamafleet adds {' '.join(each.words)} {each.condition}: {each.why}"


def server_default(flag: ServerFlag) -> str:
    """Return llama-server's own default as text; "" if it is not known."""
    match flag.default:
        case None:
            return ""
        case bool():
            return "on" if flag.default else "off"
    return str(flag.default)


def own_keys(schema: BlockSchema) -> tuple[Key, ...]:
    """Return the keys of a block that are no flags of llama-server."""
    return tuple(key for key in schema.keys if not flag_of(key))


def _text(meaning: Meaning) -> str:
    match meaning:
        case BlockSchema():
            return _block(meaning)
        case RefusedKey():
            return f"{meaning.name} is no key of a model\n{_indented(meaning.reason)}"
        case KeyMeaning():
            return _key(meaning.key, meaning.kinds)
        case Code():
            return f"{meaning.name} ({meaning.severity.value})\n{_indented(meaning.meaning)}"


def _block(schema: BlockSchema) -> str:
    label = " NAME" if schema.labelled else ""
    own = own_keys(schema)
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


def _keys(name: str, among: Iterable[BlockSchema]) -> Iterator[KeyMeaning]:
    """Yield the keys of that name or flag; those that read the same are one, of several kinds."""
    found: dict[str, tuple[Key, list[str]]] = {}
    for schema in among:
        for key in schema.keys:
            flag = flag_of(key)
            if key.name == name or (flag and not key.same_as and f"-{name}" in flag.names):
                found.setdefault(_key(key, ()), (key, []))[1].append(schema.kind)
    for key, kinds in found.values():
        yield KeyMeaning(key, tuple(kinds))


def _key(key: Key, kinds: tuple[str, ...]) -> str:
    lines = [f"{key.name}, in {' and '.join(kinds)}: {key.type.expected}", _indented(key.help)]
    flag = flag_of(key)
    if flag:
        negative = f", {flag.off}" if flag.off else ""
        lines.append(f"    llama-server: {', '.join(flag.names)}{negative}")
        if default := server_default(flag):
            lines.append(f"    llama-server's default: {default}")
        lines += map(_indented, additions_to(flag))
    elif key.upstream:
        lines.append(f"    upstream: {key.upstream}")
        if key.since > 1:
            lines.append(f"    since: v{key.since}")
    if key.required:
        lines.append("    required")
    elif default := default_of(key):
        lines.append(f"    default: {default}")
    return "\n".join(lines)


def _indented(text: str) -> str:
    return textwrap.indent(textwrap.fill(text, WIDTH - 4, break_on_hyphens=False), "    ")


def _unknown(word: str, name: str, kinds: dict[str, BlockSchema]) -> str:
    keys = {key.name for schema in kinds.values() for key in schema.keys}
    hint = did_you_mean(name, [*kinds, *sorted(keys), *codes()])
    kind, _, key = name.partition(".")
    if kind in kinds:
        hint = did_you_mean(key, kinds[kind].table) or f"run llamafleet explain {kind} for its keys"
    return f'nothing is called "{word}"; {hint or "the block kinds are " + ", ".join(kinds)}'
