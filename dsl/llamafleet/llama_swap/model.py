"""A llama-swap configuration, checked and typed, each value with its place.

None stands for "not written": llama-swap's own default then holds. Texts are expanded (macros and
known environment variables replaced); `Command` also keeps what is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..source import Span
from .values import At, Key, Table, Value

NO_TABLE = Table(())


@dataclass(frozen=True, slots=True)
class Command:
    """A command line: `written` as it stands, `text` without comments and macros."""

    text: str
    written: str
    span: Span
    known: bool = True


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro, in the order of definition; its value is a scalar."""

    name: Key
    value: Value


@dataclass(frozen=True, slots=True)
class Unused:
    """A key that this llama-swap does not read, where it stands; `path` leads to it."""

    path: tuple[str, ...]
    key: Key
    value: Value


@dataclass(frozen=True, slots=True)
class Filters:
    """Changes to requests; parameters are free-form tables."""

    strip_params: At[tuple[str, ...]] | None = None
    set_params: Value | None = None
    set_params_by_id: tuple[tuple[Key, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capabilities that a model is listed with."""

    span: Span
    inputs: tuple[At[str], ...] = ()
    outputs: tuple[At[str], ...] = ()
    tools: At[bool] | None = None
    reranker: At[bool] | None = None
    context: At[int] | None = None


@dataclass(frozen=True, slots=True)
class SwapModel:
    """One model. `port` is what `${PORT}` becomes for it, None where its cmd has none."""

    id: Key
    span: Span
    cmd: Command | None = None
    cmd_stop: Command | None = None
    proxy: At[str] | None = None
    check_endpoint: At[str] | None = None
    aliases: tuple[At[str], ...] = ()
    env: tuple[At[str], ...] = ()
    ttl: At[int] | None = None
    unload_timeout: At[int] | None = None
    unlisted: At[bool] | None = None
    use_model_name: At[str] | None = None
    name: At[str] | None = None
    description: At[str] | None = None
    concurrency_limit: At[int] | None = None
    filters: Filters = Filters()
    macros: tuple[Macro, ...] = ()
    metadata: Value | None = None
    send_loading_state: At[bool] | None = None
    timeouts: tuple[tuple[Key, At[int]], ...] = ()
    ignore_websockets: At[bool] | None = None
    capabilities: Capabilities | None = None
    health_check_timeout: At[int] | None = None
    port: int | None = None
    null: bool = False
    table: Table = NO_TABLE


@dataclass(frozen=True, slots=True)
class SwapGroup:
    """One group of the older routing."""

    name: Key
    members: tuple[At[str], ...]
    swap: At[bool]
    exclusive: At[bool]
    persistent: At[bool]
    table: Table = NO_TABLE


@dataclass(frozen=True, slots=True)
class SwapSet:
    """One set: its name and its expression in llama-swap's words."""

    name: Key
    expression: At[str]


@dataclass(frozen=True, slots=True)
class SwapMatrix:
    """The matrix that is in force: vars to model ids, costs by var or id, sets as written."""

    span: Span
    handles: tuple[tuple[Key, At[str]], ...]
    costs: tuple[tuple[Key, At[int]], ...]
    sets: tuple[SwapSet, ...]
    table: Table = NO_TABLE


@dataclass(frozen=True, slots=True)
class Selector:
    """A virtual model."""

    id: Key
    strategy: At[str]
    targets: tuple[At[str], ...]
    spillover: At[int] | None = None
    name: At[str] | None = None
    description: At[str] | None = None
    unlisted: At[bool] | None = None
    metadata: Value | None = None
    table: Table = NO_TABLE


@dataclass(frozen=True, slots=True)
class Profile:
    """Rewrites of model ids; a target of "" switches an id off."""

    name: Key
    pins: tuple[tuple[Key, At[str]], ...]
    description: At[str] | None = None
    table: Table = NO_TABLE


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server whose models are offered, too."""

    name: Key
    proxy: At[str]
    models: tuple[At[str], ...]
    api_key: At[str] | None = None
    filters: Filters = Filters()
    timeouts: tuple[tuple[Key, At[int]], ...] = ()
    null: bool = False
    table: Table = NO_TABLE


@dataclass(frozen=True, slots=True)
class SwapConfig:
    """The whole file, as release `version` of llama-swap understands it.

    `matrix` and `groups` are those in force: of the two one is empty. `unused` holds everything
    that has no effect there, deepest keys only. `table` is all that has one.
    """

    path: str
    version: int
    models: tuple[SwapModel, ...] = ()
    macros: tuple[Macro, ...] = ()
    matrix: SwapMatrix | None = None
    groups: tuple[SwapGroup, ...] = ()
    profiles: tuple[Profile, ...] = ()
    selectors: tuple[Selector, ...] = ()
    peers: tuple[Peer, ...] = ()
    priority: tuple[tuple[Key, At[int]], ...] = ()
    preload: tuple[At[str], ...] = ()
    api_keys: tuple[At[str], ...] = ()
    health_check_timeout: At[int] | None = None
    start_port: At[int] | None = None
    global_ttl: At[int] | None = None
    unload_timeout: At[int] | None = None
    log_level: At[str] | None = None
    log_time_format: At[str] | None = None
    log_to_stdout: At[str] | None = None
    log_requests: At[bool] | None = None
    metrics_max_in_memory: At[int] | None = None
    capture_buffer: At[int] | None = None
    send_loading_state: At[bool] | None = None
    include_aliases_in_list: At[bool] | None = None
    store_path: At[str] | None = None
    performance_disabled: At[bool] | None = None
    performance_every: At[str] | None = None
    session_id: tuple[At[str], ...] = ()
    ignore_paths: tuple[At[str], ...] = ()
    unused: tuple[Unused, ...] = ()
    table: Table = NO_TABLE

    def model(self, name: str) -> SwapModel | None:
        """Return the model of an id."""
        return next((each for each in self.models if each.id.text == name), None)

    def resolved(self, name: str) -> str | None:
        """Return the model id behind a name, ids before aliases; None for an unknown name."""
        if self.model(name):
            return name
        for each in self.models:
            names = [alias.value for alias in each.aliases]
            if name in names or name in [key.text for key, _ in each.filters.set_params_by_id]:
                return each.id.text
        return None
