"""`llamafleet memory`: what a llama-server would take, from a GGUF's header and its flags."""

from __future__ import annotations

from dataclasses import dataclass

from ..capacity.memory import Device, Flags, devices_of, read_flags
from ..capacity.memory.estimate import estimate
from ..capacity.memory.extras import Extras, with_extras
from ..capacity.memory.modelled import MODELLED
from ..capacity.memory.report import as_json, as_text
from ..capacity.memory.terms import Estimate
from ..gguf import GgufError, GgufFacts
from ..gguf.local import read_facts
from .terminal import say

PROBLEMS, USAGE = 1, 2
STYLES = ("text", "json")


@dataclass(slots=True)
class _Own:
    """Our own options, which may stand between llama-server's."""

    gpu: list[str]
    style: str
    ref: str


def memory(file: str, flags: list[str], gpu: list[str], style: str, llama_cpp: str | None) -> int:
    """Print the estimate; 1 if a file cannot be read, 2 if the flags are wrong."""
    own = _Own([*gpu], style, llama_cpp or MODELLED)
    rest = _without_own(flags, own)
    if isinstance(rest, str):
        say(rest)
        return USAGE
    read = read_flags(rest)
    cards = read if isinstance(read, str) else devices_of(own.gpu, len(read.servers))
    if isinstance(read, str) or isinstance(cards, str):
        say(str(cards))
        return USAGE
    return _print(file, read, cards, own)


def _print(file: str, flags: Flags, cards: tuple[Device, ...], own: _Own) -> int:
    facts = read_facts(file, whole=False)
    if isinstance(facts, GgufError):
        say(str(facts))
        return PROBLEMS
    found: Estimate | str = estimate(facts, flags, cards, own.ref)
    extras = _extras(flags)
    if isinstance(extras, GgufError):
        say(str(extras))
        return PROBLEMS
    if isinstance(found, Estimate):
        found = with_extras(found, facts, flags, cards, extras, own.ref)
    if isinstance(found, str):
        say(found)
        return PROBLEMS
    print(as_json(found) if own.style == "json" else as_text(found, cards))
    return 0


def _extras(flags: Flags) -> Extras | GgufError:
    found: dict[str, GgufFacts] = {}
    for path in filter(None, (flags.mmproj, flags.draft, *flags.loras)):
        facts = read_facts(path, whole=False)
        if isinstance(facts, GgufError):
            return facts
        found[path] = facts
    return Extras(
        mmproj=found.get(flags.mmproj or ""),
        draft=found.get(flags.draft or ""),
        loras=tuple(found[path] for path in flags.loras),
    )


def _without_own(flags: list[str], own: _Own) -> list[str] | str:
    """Return llama-server's flags, ours put into `own`; a text says what is wrong with those."""
    rest, words = [], iter(flags)
    for word in words:
        name, given, value = word.partition("=")
        if name not in ("--gpu", "--format", "--llama-cpp"):
            rest.append(word)
            continue
        said = value if given else next(words, None)
        if said is None:
            return f"{name} needs a value"
        if name == "--gpu":
            own.gpu.append(said)
        elif name == "--llama-cpp":
            own.ref = said
        elif said in STYLES:
            own.style = said
        else:
            return f'--format must be text or json, not "{said}"'
    return rest
