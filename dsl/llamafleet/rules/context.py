"""A fleet as rules read it, with views that several rules need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ..dataclasses import dataclass
from ..fleet.llama_cpp import release_of, tables_of
from ..fleet.model import Build, Flag, Fleet, Host, Model, Service
from ..fleet.schema.argv import ParsedFlag, read_argv
from ..fleet.schema.flag_tables import FlagTables, Nearest
from ..fleet.service import Front
from ..source import Span
from ..targets.swap.block import LlamaSwap, llama_swaps
from .invoked_server import SERVER, find_invoked_server

if TYPE_CHECKING:
    from ..capacity.footprint import Footprints

FORKS = ("ik_llama", "ik-llama")


Supplied = Mapping[str, frozenset[str] | None]
"""Variables that services get from the inventory, by service; None where nobody can tell which."""


@dataclass(frozen=True, slots=True)
class FlagSetting:
    """One flag as it reaches llama-server: `value` is None where it takes none."""

    key: str
    name: str
    value: str | None
    is_negated: bool
    origin: Span

    @property
    def is_on(self) -> bool:
        """Return True if a switch is switched on."""
        return not self.is_negated and self.value is None


@dataclass(frozen=True)
class ServedModel:
    """One model as one service serves it.

    `ref` is the llama.cpp that runs it, where that is known, and `tables` say which flags that has;
    `settings` are its flags, the last of several. `raw` are flags given as arguments, in
    `extra-args` or in a command of llama-server.
    """

    service: Service
    model: Model
    hosts: tuple[Host, ...]
    build: Build | None
    ref: str | None
    tables: FlagTables

    @property
    def known(self) -> Nearest | None:
        """Return the flag table of its llama-server; None where its release is unknown."""
        return None if self.ref is None else self.tables.nearest(self.ref)

    @cached_property
    def raw(self) -> tuple[ParsedFlag, ...]:
        """Return the flags that are written as arguments; empty where there is no flag table."""
        words = self.words
        if not words or self.known is None:
            return ()
        return tuple(read_argv(words, self.known.table))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Return the arguments of llama-server that are not keys."""
        if self.build is not None:
            return self.model.extra_args
        found = find_invoked_server(self.model)
        return found.words if found else ()

    @property
    def words_origin(self) -> Span:
        """Return the span of those arguments."""
        spans = self.model.spans
        for key in ("extra-args", "command", "pass-through"):
            if key in spans:
                return spans[key]
        return self.model.origin

    @cached_property
    def settings(self) -> Mapping[str, FlagSetting]:
        """Return every flag by its key."""
        found = {flag.key: _setting(flag) for flag in self.model.flags}
        for given in self.raw:
            if given.flag is not None and given.problem is None:
                value = given.values[-1] if given.values else None
                key = given.flag.key
                found[key] = FlagSetting(key, given.name, value, given.negative, self.words_origin)
        return found

    def value(self, key: str) -> str | None:
        """Return a flag's value; None where it is not set."""
        found = self.settings.get(key)
        return found.value if found else None

    def number(self, key: str) -> int | None:
        """Return a flag's value as an integer; None where it is not set or not a whole number."""
        text = self.value(key)
        return int(text) if text is not None and text.removeprefix("-").isdecimal() else None

    def is_on(self, key: str) -> bool:
        """Return True if a switch is switched on."""
        found = self.settings.get(key)
        return found is not None and (found.is_on or found.value == "on")


@dataclass(frozen=True)
class RuleContext:
    """A fleet without errors, and views of it; `computed` are footprints that are known already."""

    fleet: Fleet
    computed: Footprints | None = None
    asked: Callable[[], Supplied] = dict

    @cached_property
    def supplied(self) -> Supplied:
        """Return the variables that services get from the inventory."""
        return self.asked()

    @cached_property
    def swaps(self) -> tuple[LlamaSwap, ...]:
        """Return the services that are llama-swap, for rules about what only llama-swap has."""
        return llama_swaps(self.fleet)

    @cached_property
    def fronts(self) -> tuple[tuple[Service, Front], ...]:
        """Return the services that forward requests, with their upstream."""
        services = self.fleet.services.values()
        return tuple((each, front) for each in services if (front := each.front) is not None)

    @cached_property
    def sized(self) -> bool:
        """Return True if the memory of any model is known, by a lock or by keys."""
        fleet = self.fleet
        return (
            bool(fleet.facts or fleet.measured)
            or any(each.vram is not None for each in fleet.models.values())
            or any(each.size is not None for each in fleet.ggufs.values())
        )

    @cached_property
    def footprints(self) -> Footprints:
        """Return the memory that the models take on each host."""
        if self.computed is not None:
            return self.computed
        # The memory model is loaded where something is known that it can compute with.
        from ..capacity.footprint import Footprints

        return Footprints(self.fleet)

    @cached_property
    def served_models(self) -> tuple[ServedModel, ...]:
        """Return each model of each service."""
        return tuple(self._served_models())

    @cached_property
    def by_service(self) -> Mapping[str, tuple[ServedModel, ...]]:
        """Return the models of each service that serves any."""
        found: dict[str, list[ServedModel]] = {}
        for served in self.served_models:
            found.setdefault(served.service.name, []).append(served)
        return {name: tuple(each) for name, each in found.items()}

    def _served_models(self) -> Iterator[ServedModel]:
        fleet = self.fleet
        for service in fleet.services.values():
            hosts = tuple(fleet.hosts[name] for name in service.hosts)
            build = fleet.builds[service.builds[0]] if service.builds else None
            for name in service.models:
                model = fleet.models[name]
                own = build if model.needs_build else None
                ref = release_of(own) if own else _ref_of_program(model, fleet)
                yield ServedModel(service, model, hosts, own, ref, tables_of(fleet))


def _setting(flag: Flag) -> FlagSetting:
    name = flag.argv[0]
    value = flag.argv[-1] if len(flag.argv) > 1 else None
    return FlagSetting(flag.key, name, value, name != f"--{flag.key}", flag.origin)


def _ref_of_program(model: Model, fleet: Fleet) -> str | None:
    """Return the release that a model's own program is assumed to be; None for a fork."""
    found = find_invoked_server(model) if fleet.llama_cpp else None
    if found is None:
        return None
    parts = found.program.rstrip("/").split("/")
    fork = any(part.startswith(FORKS) for part in parts)
    return None if fork or not parts[-1].startswith(SERVER) else fleet.llama_cpp
