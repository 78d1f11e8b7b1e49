"""The codes that reading, resolving and importing files can report; a rule declares its own.

A code is never renamed, and one that is no longer found stays listed. `rules/codes.py` has all.
"""

from __future__ import annotations

from ..dataclasses import dataclass
from .model import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Code:
    """A code of diagnostics: its severity unless said otherwise, and its meaning in one line.

    `in_yaml`: the checks of a fleet report it for a llama-swap configuration as well. Leave it
    False where the finding speaks of hosts, or where reading the YAML reports it already.
    """

    name: str
    severity: Severity
    meaning: str
    in_yaml: bool


def _code(name: str, severity: Severity, meaning: str, in_yaml: bool = False) -> Code:
    return Code(name, severity, meaning, in_yaml)


CODES: tuple[Code, ...] = (
    _code("bad-allow", WARNING, "An allow names no code, one that does not exist, or no reason."),
    _code("bad-handle", ERROR, "A handle of a matrix is one that llama-swap refuses or misreads."),
    _code("bad-macro", ERROR, "A macro of llama-swap has a name or a value that it refuses."),
    _code("bad-name", ERROR, "A name holds what cannot become part of a path, a unit or an API."),
    _code("circular-set", ERROR, "Sets of a matrix refer to each other in a circle."),
    _code("conflicting-keys", ERROR, "Two things are said that exclude each other."),
    _code("duplicate-block", ERROR, "A block stands twice where there can be one."),
    _code("duplicate-key", ERROR, "A key is set twice in one block, perhaps in two spellings."),
    _code("duplicate-member", ERROR, "A model stands twice in groups of llama-swap."),
    _code("duplicate-name", ERROR, "Two things of one kind have the same name."),
    _code("include-cycle", ERROR, "A file includes itself, directly or by way of others."),
    _code(
        "language-version",
        ERROR,
        "A file does not begin with a language version that this release reads.",
    ),
    _code("like-chain", ERROR, "A model is like one that is itself like another, or like itself."),
    _code(
        "listen-conflict",
        ERROR,
        "Two processes of one host would listen on the same port.",
        in_yaml=True,
    ),
    _code("llama-swap-macro", ERROR, "A text holds what llama-swap would take for a macro."),
    _code("matrix-too-large", ERROR, "A matrix means more combinations than can be checked."),
    _code("misplaced-block", ERROR, "A block stands where its kind means nothing."),
    _code("misplaced-key", ERROR, "A key stands where llama-swap does not look for it."),
    _code("misplaced-set", ERROR, "A line of two words and a value stands where only keys may."),
    _code("missing-key", ERROR, "A block lacks what it cannot do without."),
    _code("missing-name", ERROR, "A block that must have a name has none."),
    _code(
        "model-in-no-set",
        WARNING,
        "A model is in no set of its service's matrix, so it always runs alone.",
    ),
    _code("no-gpu", ERROR, "A process for each GPU is wanted where there is no GPU."),
    _code("not-imported", WARNING, "Something of an imported file has no place in a fleet file."),
    _code("not-locked", ERROR, "Which file a quant is stands in no fleet.lock, or in an old one."),
    _code("not-text", ERROR, "A file is not UTF-8 text."),
    _code("odd-key", ERROR, "A key is no text for YAML, and llama-swap loses what it stands for."),
    _code("port-macro", ERROR, "A model of llama-swap has no port, and no address either."),
    _code("port-range", ERROR, "More ports are needed than there are left."),
    _code(
        "refused-key",
        ERROR,
        "A key is a flag that llamafleet sets itself, or that means nothing here.",
    ),
    _code("repeated-include", WARNING, "A file includes the same other file twice."),
    _code(
        "secret-in-file",
        WARNING,
        "A key, a token or a password stands in a file that others may read.",
    ),
    _code("set-syntax", ERROR, "The expression of a set is one that llama-swap cannot read."),
    _code("syntax", ERROR, "A line does not follow the grammar."),
    _code("unknown-block", ERROR, "A block is of a kind that does not exist."),
    _code(
        "unknown-directive", ERROR, "A line at top level starts with a word that is no directive."
    ),
    _code("unknown-key", ERROR, "A block has no such key."),
    _code("unknown-macro", ERROR, "A macro is used that nothing defines."),
    _code("unknown-member", ERROR, "A matrix names what is no model of its service."),
    _code("unknown-name", ERROR, "Something is referred to that nothing declares."),
    _code(
        "unreadable-file",
        ERROR,
        "A file cannot be read: it is missing, a directory, or not permitted.",
    ),
    _code("unused-allow", WARNING, "An allow silences nothing."),
    _code("unused-key", ERROR, "A key is read by llama-swap, and has no effect."),
    _code("version-needed", ERROR, "Something needs a newer llama-swap than the service declares."),
    _code("wrong-type", ERROR, "A value is not what its key takes."),
    _code("yaml-syntax", ERROR, "A file is no YAML that llama-swap can read."),
)
