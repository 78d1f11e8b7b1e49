"""Flags of llama-server that are no more: what they were called, since when, and what to write.

`since` is the first build known to refuse them; where none is known, the tables of builds tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemovedFlag:
    """One flag that was removed; `instead` says what to write now, and `since` from which build."""

    name: str
    instead: str
    since: int | None = None


def _gone(names: str, instead: str, since: int | None = None) -> Iterable[RemovedFlag]:
    return (RemovedFlag(name, instead, since) for name in names.split())


_LOAD_MODE = "llama.cpp has replaced it: use load-mode ="
_SPEC = "llama.cpp has replaced it: use spec-draft-n"
_DRAFT_CONTEXT = "llama.cpp has removed it: the draft's context follows ctx-size"
_METHOD = "llama.cpp has replaced it by one flag per method: use spec-ngram-simple-"
_ALL = (
    *_gone("--mmap", f"{_LOAD_MODE} mmap, or load-mode = none for off", 10884),
    *_gone("--no-mmap", f"{_LOAD_MODE} none", 10884),
    *_gone("--mlock", f'{_LOAD_MODE} mlock, or "mmap+mlock"', 10884),
    *_gone("--direct-io -dio", f"{_LOAD_MODE} dio", 10884),
    *_gone("--no-direct-io -ndio", f"{_LOAD_MODE} auto", 10884),
    *_gone("--ctx-size-draft --spec-draft-ctx-size -cd", _DRAFT_CONTEXT),
    *_gone(
        "--checkpoint-every-n-tokens -cpent",
        "llama.cpp has replaced it: use checkpoint-min-step",
    ),
    *_gone("--draft --draft-max --draft-n", f"{_SPEC}-max"),
    *_gone("--draft-min --draft-n-min", f"{_SPEC}-min"),
    *_gone("--spec-ngram-size-n", f"{_METHOD}size-n, or that of the method in use"),
    *_gone("--spec-ngram-size-m", f"{_METHOD}size-m, or that of the method in use"),
    *_gone("--spec-ngram-min-hits", f"{_METHOD}min-hits, or that of the method in use"),
    *_gone("--grp-attn-n --grp-attn-w -gan -gaw", "llama.cpp has removed it: see rope-scaling"),
)

GONE: Mapping[str, RemovedFlag] = {each.name: each for each in _ALL}
"""By spelling, with its dashes."""
