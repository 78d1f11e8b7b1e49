"""`check` of a llama-swap configuration: its own verdict, and the fleet's rules over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .diagnostics.model import Diagnostic, Diagnostics
from .fleet.resolve import resolve
from .importers.llama_swap import to_file
from .llama_swap.load import read_swap_config
from .llama_swap.model import SwapConfig
from .llama_swap.versions import NEWEST
from .rules import findings
from .rules.allow import Allow, allowances_in_yaml, silenced, unused
from .rules.codes import CODES
from .rules.context import RuleContext
from .source import Source
from .swap_secrets import secrets_of
from .targets import TARGETS

APPLICABLE = frozenset(code.name for code in CODES.values() if code.in_yaml)
"""Codes that a fleet's checks add: the others speak of hosts, or are said from the YAML itself."""

HOST = "localhost"


@dataclass(frozen=True, slots=True)
class CheckedYaml:
    """The result of a check; `config` is None if the text is no configuration at all."""

    config: SwapConfig | None
    diagnostics: tuple[Diagnostic, ...]


def check_swap_config(
    source: Source,
    version: int = NEWEST,
    llama_cpp: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> CheckedYaml:
    """Check a llama-swap configuration; `llama_cpp` is the build that its commands start."""
    config, found = read_swap_config(source, version, environment)
    if config is not None:
        found.extend(dict.fromkeys(secrets_of(config)))
    if config is not None and not any(each.refused for each in found):
        places = {each.primary.span for each in found}
        # What the YAML's own check says of a place is nearer to it.
        found.extend(
            each for each in _by_rules(config, llama_cpp, source) if each.primary.span not in places
        )
    return CheckedYaml(config, tuple(_allowed(found, source, whole=config is not None)))


def _allowed(found: Diagnostics, source: Source, *, whole: bool) -> Diagnostics:
    """Without what comments allow; what llama-swap refuses, no comment makes it take."""
    allows, bad = allowances_in_yaml(source)
    used: set[Allow] = set()
    refused = [each for each in found if each.refused]
    others = silenced((each for each in found if not each.refused), allows, used)
    kept = Diagnostics([*refused, *others, *bad])
    if whole and not refused:
        kept.extend(unused(allows, used))
    return kept


def _by_rules(config: SwapConfig, llama_cpp: str | None, source: Source) -> Iterator[Diagnostic]:
    problems = Diagnostics()
    file = to_file(config, HOST, source)
    fleet = replace(resolve([file], TARGETS, problems), llama_cpp=llama_cpp)
    said = [*problems, *(() if problems.has_errors else findings(RuleContext(fleet)))]
    yield from (each for each in said if each.code in APPLICABLE)
