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
    _code("bad-allow", WARNING, "An allow comment names no code, an unknown code, or no reason."),
    _code("bad-handle", ERROR, "llama-swap refuses or misreads a handle of a matrix."),
    _code("bad-macro", ERROR, "llama-swap refuses the name or the value of a macro."),
    _code(
        "bad-name",
        ERROR,
        "A name contains characters that cannot be used in a path, a unit or an API.",
    ),
    _code("circular-set", ERROR, "Sets of a matrix refer to each other in a circle."),
    _code("conflicting-keys", ERROR, "Two settings exclude each other."),
    _code("duplicate-block", ERROR, "There are two blocks where only one is allowed."),
    _code("duplicate-key", ERROR, "A key is set twice in one block, possibly in two spellings."),
    _code("duplicate-member", ERROR, "A model is listed twice in groups of llama-swap."),
    _code("duplicate-name", ERROR, "Two blocks or sets of the same kind have the same name."),
    _code("include-cycle", ERROR, "A file includes itself, directly or through other files."),
    _code(
        "language-version",
        ERROR,
        "A file does not start with a language version that this release reads.",
    ),
    _code("like-chain", ERROR, "A model is like one that is itself like another, or like itself."),
    _code(
        "listen-conflict",
        ERROR,
        "Two processes on one host would listen on the same port.",
        in_yaml=True,
    ),
    _code(
        "llama-swap-macro",
        ERROR,
        "A text contains something that llama-swap would take for a macro.",
    ),
    _code("matrix-too-large", ERROR, "A matrix has more combinations than can be checked."),
    _code("misplaced-block", ERROR, "A block is in a place where its kind is not allowed."),
    _code("misplaced-key", ERROR, "A key is in a place where llama-swap does not read it."),
    _code(
        "misplaced-set",
        ERROR,
        "A line sets a value under two words where a key of one word is expected.",
    ),
    _code("missing-key", ERROR, "A block lacks a required setting."),
    _code("missing-name", ERROR, "A block has no name, but needs one."),
    _code(
        "model-in-no-set",
        WARNING,
        "A model is in no set of its service's matrix, so it always runs alone.",
    ),
    _code("no-gpu", ERROR, "Placement is per-gpu, but there is no GPU to use."),
    _code(
        "not-imported",
        WARNING,
        "Something in an imported file cannot be expressed in a fleet file.",
    ),
    _code(
        "not-locked",
        ERROR,
        "Weights are not in fleet.lock, or have changed since they were locked.",
    ),
    _code("not-text", ERROR, "A file is not UTF-8 text."),
    _code("odd-key", ERROR, "A YAML key is not text, so llama-swap drops what it belongs to."),
    _code("port-macro", ERROR, "A model of llama-swap has neither a port nor an address."),
    _code("port-range", ERROR, "There are not enough ports left."),
    _code(
        "refused-key",
        ERROR,
        "A key is set by llamafleet itself, or cannot be set in this block.",
    ),
    _code("repeated-include", WARNING, "A file includes the same file twice."),
    _code(
        "secret-in-file",
        WARNING,
        "A file contains a key, token or password in plain text.",
    ),
    _code("set-syntax", ERROR, "llama-swap cannot read the expression of a set."),
    _code("share-address", ERROR, "Weights cannot be shared at this address."),
    _code("syntax", ERROR, "A line does not follow the grammar."),
    _code("unknown-block", ERROR, "There is no such kind of block."),
    _code(
        "unknown-directive",
        ERROR,
        "A line at top level starts with a word that is not a directive.",
    ),
    _code("unknown-key", ERROR, "A block has no such key."),
    _code("unknown-macro", ERROR, "A macro is used but not defined."),
    _code("unknown-member", ERROR, "A matrix names something that is not a model of its service."),
    _code("unknown-name", ERROR, "A name is used but not declared."),
    _code(
        "unreadable-file",
        ERROR,
        "A file cannot be read: it is missing, a directory, or access is denied.",
    ),
    _code("unused-allow", WARNING, "An allow comment silences nothing."),
    _code("unused-key", ERROR, "llama-swap reads a key but never uses it."),
    _code("version-needed", ERROR, "Something needs a newer llama-swap than the service declares."),
    _code("wrong-type", ERROR, "A value has the wrong type or form for its key."),
    _code("yaml-syntax", ERROR, "llama-swap cannot read a file as YAML."),
)
