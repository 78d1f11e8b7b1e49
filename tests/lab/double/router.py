"""The router: admission, the queue, evictions, and swaps that run in parallel.

One lock guards everything that decides; whatever takes time runs outside it and calls back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .config import Config, ModelConfig
from .matrix import Matrix
from .upstream import Upstream, UpstreamError

DEFAULT_CONCURRENCY = 10


class BusyError(Exception):
    """More requests for a model than its limit."""


class GoneError(Exception):
    """The client left while it waited."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One request that waits for its model."""

    model: str
    granted: bool = False
    error: str | None = None

    @property
    def settled(self) -> bool:
        """Return True if waiting is over."""
        return self.granted or self.error is not None


@dataclass(slots=True, eq=False)
class Swap:
    """A model on its way up, what it pushes out, and who waits for it."""

    model: str
    evict: tuple[str, ...]
    waiters: list[Waiter] = field(default_factory=list)


class Router:
    """The models of one config and everything that is decided about them."""

    def __init__(self, config: Config, log: Callable[[str, str], None]) -> None:
        self.config = config
        self._log = log
        self._lock = threading.Condition(threading.RLock())
        quiet = config.log_to_stdout in ("proxy", "none")
        self.upstreams = {
            id_: Upstream(model, log, self._on_change, quiet)
            for id_, model in config.models.items()
        }
        self._swaps: dict[str, Swap] = {}
        self._queue: list[Waiter] = []
        self._reserved: dict[str, int] = dict.fromkeys(config.models, 0)
        self._closing = False

    @contextmanager
    def serving(self, model: str, client_is_there: Callable[[], bool]) -> Iterator[ModelConfig]:
        """Load `model` if it must be, and keep it from being evicted while the block runs."""
        upstream = self.upstreams[model]
        self._admit(model)
        try:
            self._wait(Waiter(model), client_is_there)
            try:
                yield upstream.config
            finally:
                with self._lock:
                    upstream.in_flight -= 1
                    upstream.last_use = time.monotonic()
        finally:
            with self._lock:
                self._reserved[model] -= 1
                self._advance()

    def _admit(self, model: str) -> None:
        with self._lock:
            limit = self.config.models[model].concurrency_limit or DEFAULT_CONCURRENCY
            if self._reserved[model] >= limit:
                raise BusyError
            self._reserved[model] += 1

    def _wait(self, waiter: Waiter, client_is_there: Callable[[], bool]) -> None:
        with self._lock:
            if self._closing:
                raise UpstreamError("the router is shutting down")
            self._queue.append(waiter)
            self._advance()
            while not waiter.settled:
                self._lock.wait(0.5)
                if not waiter.settled and not client_is_there():
                    self._forget(waiter)
                    raise GoneError
            if waiter.error is not None:
                raise UpstreamError(waiter.error)

    def _forget(self, waiter: Waiter) -> None:
        """The queue loses the request; a swap under way goes on without it."""
        for waiting in (self._queue, *(swap.waiters for swap in self._swaps.values())):
            if waiter in waiting:
                waiting.remove(waiter)

    def _on_change(self) -> None:
        with self._lock:
            self._lock.notify_all()

    def _advance(self) -> None:
        """Walk the queue in order: grant, join a swap, start one, or leave it waiting."""
        for waiter in list(self._queue):
            model = waiter.model
            if model in self._swaps:
                self._queue.remove(waiter)
                self._swaps[model].waiters.append(waiter)
                continue
            running = self._running(model)
            evict = tuple(self.config.router.evictions(model, running))
            if self._collides(model, evict):
                continue
            if self.upstreams[model].state == "ready" and not evict:
                self._queue.remove(waiter)
                self._grant(waiter)
            elif not any(self.upstreams[each].in_flight for each in evict):
                self._queue.remove(waiter)
                self._start_swap(Swap(model, evict, [waiter]), running)
        self._lock.notify_all()

    def _running(self, but: str) -> tuple[str, ...]:
        live = {id_ for id_, each in self.upstreams.items() if each.state != "stopped"}
        return tuple(sorted(live | (self._swaps.keys() - {but})))

    def _collides(self, model: str, evict: Sequence[str]) -> bool:
        """Return True if a swap under way involves this model or one that it stops."""
        return any(
            each.model in evict or model in each.evict or set(evict) & set(each.evict)
            for each in self._swaps.values()
        )

    def _grant(self, waiter: Waiter) -> None:
        self.upstreams[waiter.model].in_flight += 1
        waiter.granted = True

    def _start_swap(self, swap: Swap, running: Sequence[str]) -> None:
        kind = "matrix" if isinstance(self.config.router, Matrix) else "group"
        if swap.evict:
            evict = " ".join(swap.evict)
            self._log("INFO", f"{kind}: model={swap.model} evict=[{evict}]")
        elif not running:
            self._log("INFO", f"{kind}: model={swap.model} starting (no models running)")
        self._swaps[swap.model] = swap
        threading.Thread(target=self._swap, args=(swap,), daemon=True).start()

    def _swap(self, swap: Swap) -> None:
        timeout = self.config.health_check_timeout
        error: str | None = None
        self._stop_all(swap.evict, timeout)
        try:
            self.upstreams[swap.model].ensure_ready(timeout)
        except UpstreamError as failed:
            error = str(failed)
            self._log("WARN", f"starting {swap.model} failed: {error}")
        with self._lock:
            if self._swaps.get(swap.model) is swap:
                del self._swaps[swap.model]
            for waiter in swap.waiters:
                if error is None and not waiter.settled:
                    self._grant(waiter)
                elif not waiter.settled:
                    waiter.error = error
            self._advance()

    def _stop_all(self, models: Sequence[str], grace: float | None) -> None:
        """Stop models side by side; without a grace each has its own."""

        def stop(upstream: Upstream) -> None:
            upstream.stop(upstream.config.unload_timeout if grace is None else grace)

        stops = [
            threading.Thread(target=stop, args=(self.upstreams[each],), daemon=True)
            for each in models
        ]
        for each in stops:
            each.start()
        for each in stops:
            each.join()

    def unload(self, models: Sequence[str]) -> None:
        """Stop models now, also where requests are in flight; returns when they are gone."""
        with self._lock:
            self._refuse_waiters(models, "model unloaded")
        self._stop_all(models, None)
        with self._lock:
            self._advance()

    def _refuse_waiters(self, models: Sequence[str], error: str) -> None:
        for model in models:
            swap = self._swaps.pop(model, None)
            waiting = [each for each in self._queue if each.model == model]
            for waiter in [*waiting, *(swap.waiters if swap else ())]:
                waiter.error = error
            self._queue = [each for each in self._queue if each.model != model]
        self._lock.notify_all()

    def running(self) -> dict[str, str]:
        """Models that are not stopped, with their state, by id."""
        return {
            id_: each.state
            for id_, each in sorted(self.upstreams.items())
            if each.state != "stopped"
        }

    def close(self, grace: float) -> None:
        """Turn waiting requests away and stop every model."""
        with self._lock:
            self._closing = True
            self._refuse_waiters(tuple(self.upstreams), "the router is shutting down")
        self._stop_all(tuple(self.upstreams), grace)
