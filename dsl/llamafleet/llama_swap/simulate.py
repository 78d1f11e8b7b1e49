"""A simulation of one llama-swap: the effect of requests on its models, step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .model import Selector, SwapConfig
from .solver import Decision, GroupSolver, Solver, solver

MOST_STATES = 2000
"""Running sets that are looked at for who can stop whom."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request: the model that it leads to, what is stopped, and what runs after it.

    `model` is None where another server answers. `set` is what decided: a set of the matrix, or a
    group.
    """

    request: str
    model: str | None
    set: str | None
    evict: tuple[str, ...]
    running: tuple[str, ...]
    why: str


@dataclass(slots=True)
class Simulation:
    """A llama-swap without its processes. `names` are what sets are called in a fleet file."""

    config: SwapConfig
    names: Mapping[str, str] = field(default_factory=dict)
    solver: Solver = field(init=False)

    def __post_init__(self) -> None:
        self.solver = solver(self.config)

    def known(self) -> list[str]:
        """Return every name that a request can have."""
        found = [each.id.text for each in self.config.models]
        for model in self.config.models:
            found += [alias.value for alias in model.aliases]
            found += [key.text for key, _ in model.filters.set_params_by_id]
        found += [each.id.text for each in self.config.selectors]
        for peer in self.config.peers:
            found += [each.value for each in peer.models]
            found += [f"{peer.name.text}/{each.value}" for each in peer.models]
        return found

    def target(self, request: str, running: tuple[str, ...]) -> str | None:
        """Return the model that a name leads to; None for one of a peer."""
        for selector in self.config.selectors:
            if selector.id.text == request:
                return self.config.resolved(self._chosen(selector, running))
        return self.config.resolved(request)

    def _chosen(self, selector: Selector, running: tuple[str, ...]) -> str:
        """Return the target of a selector while no request is under way."""
        names = [each.value for each in selector.targets]
        if selector.strategy.value != "pin":
            for name in names:
                if self.config.resolved(name) in running:
                    return name
        return names[0]

    def step(self, running: tuple[str, ...], request: str) -> Step:
        """Return the step that one request makes, with the models that run after it."""
        model = self.target(request, running)
        if model is None:
            return Step(request, None, None, (), running, "another server answers it")
        decision = self.solver.decide(running, model)
        after = tuple(sorted({*running, model} - {*decision.evict}))
        name = decision.set if decision.set is None else self.names.get(decision.set, decision.set)
        return Step(
            request, model, name, decision.evict, after, self.why(running, model, decision, name)
        )

    def why(
        self, running: tuple[str, ...], model: str, decision: Decision, name: str | None
    ) -> str:
        """Return the reason in words."""
        kept = [each for each in running if each not in decision.evict and each != model]
        if model in running and not decision.evict:
            return "it runs already"
        if not running:
            return "nothing else runs"
        grouped = isinstance(self.solver, GroupSolver)
        if name is None:
            return "it is in no set, so it runs alone"
        if grouped:
            return self._group_reason(name, decision)
        if not decision.evict:
            return f"set {name} allows it beside {', '.join(kept)}"
        beside = f"keeps {', '.join(kept)} and " if kept else ""
        costs = f"at a cost of {decision.cost}, the least of all sets"
        return f"set {name} {beside}stops {', '.join(decision.evict)} {costs}"

    def _group_reason(self, name: str, decision: Decision) -> str:
        if not decision.evict:
            return f"group {name} leaves everything else running"
        reasons = []
        own = {each.value for group in self.config.groups if group.name.text == name
               for each in group.members}  # fmt: skip
        listed = {each.value for group in self.config.groups for each in group.members}
        same = [
            each for each in decision.evict
            if (each not in listed if name == "(default)" else each in own)
        ]  # fmt: skip
        if same:
            reasons.append(f"group {name} runs one model at a time")
        if len(same) < len(decision.evict):
            reasons.append(f"group {name} is exclusive")
        return " and ".join(reasons)

    def run(self, running: tuple[str, ...], requests: list[str]) -> Iterator[Step]:
        """Yield the steps of requests that follow one another."""
        for request in requests:
            step = self.step(running, request)
            yield step
            running = step.running

    def rivals(self) -> tuple[dict[str, tuple[set[str], set[str]]], bool]:
        """Return for each model which others a request for it stops: always, and sometimes.

        The second value is false where there are more situations than were looked at.
        """
        models = sorted(each.id.text for each in self.config.models)
        always = {
            model: {
                other for other in models
                if other != model and other in self.solver.decide((other,), model).evict
            }
            for model in models
        }  # fmt: skip
        can: dict[str, set[str]] = {model: set(found) for model, found in always.items()}
        seen: set[tuple[str, ...]] = {()}
        waiting: deque[tuple[str, ...]] = deque(seen)
        while waiting and len(seen) <= MOST_STATES:
            running = waiting.popleft()
            for model in models:
                evict = self.solver.decide(running, model).evict
                can[model].update(evict)
                after = tuple(sorted({*running, model} - {*evict}))
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return {model: (always[model], can[model]) for model in models}, not waiting
