"""A llama-swap configuration, read and judged as a release of llama-swap would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..diagnostics.model import Diagnostic, Diagnostics
from ..source import Source
from . import build
from .checks import check_config
from .environment import report_missing
from .expand import expanded
from .keys import TOP
from .macros import DEFAULT_PROXY, Macros, stripped
from .model import Macro, SwapConfig, SwapModel
from .nodes import compose, templates
from .read_table import table
from .shapes import MACROS, Fields
from .typed import Checker, number
from .untyped import untyped, without
from .url import problem
from .values import Key, Table, Value
from .versions import CONFIG_DIR, MACROS_EVERYWHERE, NEWEST

FIRST_PORT = 5800


def read_swap_config(
    source: Source, version: int = NEWEST, environment: Mapping[str, str] | None = None
) -> tuple[SwapConfig | None, Diagnostics]:
    """Read a text as release `version` does; None where it is not YAML of the right form.

    Environment variables that are not in `environment` are unknown: what holds them is taken to be
    right. Diagnostics with `refused` are what keeps that release from starting.
    """
    diagnostics = Diagnostics()
    found = _Loading(source, version, environment or {}, diagnostics).load()
    once: dict[Diagnostic, None] = dict.fromkeys(diagnostics.found)
    # Whatever else is said of a text with a macro that is left would be said of the macro.
    left = {each.primary.span for each in once if each.code == "unknown-macro"}
    kept = [each for each in once if each.code == "unknown-macro" or each.primary.span not in left]
    return found, Diagnostics(kept)


@dataclass(slots=True)
class _Loading:
    source: Source
    version: int
    environment: Mapping[str, str]
    diagnostics: Diagnostics
    anchors: frozenset[str] = frozenset()
    ports: dict[str, int] = field(default_factory=dict)
    macros: Macros = field(init=False)

    def __post_init__(self) -> None:
        self.macros = Macros(self.version, self.diagnostics)

    @property
    def recent(self) -> bool:
        return self.version >= MACROS_EVERYWHERE

    def load(self) -> SwapConfig | None:
        node = compose(self.source, self.environment, self.version, self.diagnostics)
        if node is None:
            failed = len(self.diagnostics) > 0
            return None if failed else SwapConfig(self.source.path, self.version)
        report_missing(node, self.environment, self.diagnostics)
        self.anchors = templates(node)
        value = untyped(node, self.diagnostics, self.version)
        if value is None:
            return None
        if value.table is None:
            if value.data is None:
                return SwapConfig(self.source.path, self.version)
            return self.no_mapping(value)
        return self.root(value.table)

    def no_mapping(self, value: Value) -> SwapConfig | None:
        # Since it can read several files, what holds no entries is an empty one to it.
        empty = self.version >= CONFIG_DIR and not value.items
        message = "a llama-swap configuration must be a YAML mapping"
        hint = "llama-swap reads this as an empty file" if empty else ""
        self.diagnostics.error("wrong-type", message, value.span, hint=hint, refused=not empty)
        return SwapConfig(self.source.path, self.version) if empty else None

    def root(self, root: Table) -> SwapConfig:
        common = self.macros.declared(root.get("macros"))
        names = tuple(each.name.text for each in common)
        own = self.own_macros(root)
        written = root
        globals_ = self.macros.definitions(None, common, ())
        if self.recent:
            root = Table(
                tuple(
                    (key, value if key.text in ("models", "macros") else expanded(value, globals_))
                    for key, value in root
                )
            )
        root = self.with_models(root, common, own)
        if self.recent:
            self.report_left(root, names)
        checker = Checker(self.version, self.diagnostics, self.anchors)
        has = checker.checked(Value(root, self.source.whole()), TOP, ()).table or Table(())
        models = tuple(self.models(has, written, own))
        unused = tuple(checker.unused)
        config = build.config(self.source.path, self.version, has, common, models, unused)
        check_config(config, has, self.diagnostics)
        return config

    def own_macros(self, root: Table) -> dict[str, tuple[Macro, ...]]:
        models = root.get("models")
        return {
            key.text: self.macros.declared(value.table.get("macros"))
            for key, value in (models.table if models and models.table else ())
            if value.table is not None
        }

    def with_models(
        self, root: Table, common: tuple[Macro, ...], own: Mapping[str, tuple[Macro, ...]]
    ) -> Table:
        models = root.get("models")
        if models is None or models.table is None:
            return root
        if self.recent and not models.table.strings:
            return self.vanished(root, models.table)
        done: dict[str, Value] = {}
        start = root.get("startPort")
        port = (number(start) if start else None) or FIRST_PORT
        for key, value in sorted(models.table, key=lambda each: each[0].text.encode()):
            if value.table is None:
                continue
            if self.recent and not value.table.strings:
                self.odd_model(key, value.table)
                continue
            scope = self.macros.definitions(key, common, own[key.text])
            model = self.macros.model(stripped(_with_proxy(key, value.table)), scope)
            model, port = self.with_port(key, model, port)
            if not self.recent:
                self.report_left_in_model(key, model, tuple(each.name for each in scope))
            done[key.text] = replace(value, data=model)
        entries = tuple((key, done.get(key.text, value)) for key, value in models.table)
        return _replaced(root, "models", replace(models, data=Table(entries)))

    def with_port(self, key: Key, model: Table, port: int) -> tuple[Table, int]:
        cmd, proxy = model.get("cmd"), model.get("proxy")
        in_cmd = cmd is not None and type(cmd.data) is str and "${PORT}" in cmd.data
        in_proxy = proxy is not None and type(proxy.data) is str and "${PORT}" in proxy.data
        if in_cmd:
            self.ports[key.text] = port
            return self.macros.ported(model, port), port + 1
        if in_proxy and proxy is not None:
            message = f'proxy of model "{key.text}" uses ${{PORT}}, but cmd does not'
            hint = "use ${PORT} in cmd, or write the port in proxy"
            if not proxy.written:
                message = f'model "{key.text}" has no ${{PORT}} in cmd, and no proxy'
                hint = "add --port ${PORT} to cmd, or set proxy: http://127.0.0.1:8080"
            span = cmd.span if cmd is not None and not proxy.written else proxy.span
            self.diagnostics.error("port-macro", message, span, hint=hint, refused=True)
        return model, port

    def odd_model(self, model: Key, table: Table) -> None:
        odd = next(key for key, _ in table if not key.string)
        proxy = table.get("proxy")
        # Its port is never filled in, and then the address is none.
        refused = proxy is None or proxy.data is None or bool(problem(proxy.text))
        self.diagnostics.error(
            "odd-key",
            f'key {odd.text or "null"} is not text, so no macro works in model "{model.text}"',
            odd.span,
            hint=f'write "{odd.text}", or remove it',
            refused=refused,
        )

    def vanished(self, root: Table, models: Table) -> Table:
        odd = next(key for key, _ in models if not key.string)
        self.diagnostics.error(
            "odd-key",
            f"key {odd.text or 'null'} is not text, so llama-swap drops all models",
            odd.span,
            hint=f'write "{odd.text}"',
        )
        # Macros are looked for before that, so what cannot hold any is refused all the same.
        checker = Checker(self.version, Diagnostics(), frozenset())
        shape = Fields({"macros": MACROS})
        for key, model in models:
            kept = [pair for pair in model.table or () if pair[0].text == "macros"]
            only = replace(model, data=Table(tuple(kept))) if model.table else model
            checker.checked(only, shape, ("models", key.text))
        self.diagnostics.extend(checker.diagnostics)
        value = root.get("models")
        assert value is not None
        return _replaced(root, "models", replace(value, data=Table(())))

    def report_left(self, root: Table, names: tuple[str, ...]) -> None:
        for key, value in root:
            if key.text == "models" and value.table is not None:
                for model, inner in value.table:
                    if inner.table is not None and inner.table.strings:
                        self.report_left_in_model(model, inner.table, names)
            elif key.text in TOP.keys and key.text not in ("macros", "models"):
                self.macros.leftovers(value, key.text, names)

    def report_left_in_model(self, key: Key, model: Table, names: tuple[str, ...]) -> None:
        fields = ("cmd", "cmdStop", "proxy", "checkEndpoint", "name", "description", "metadata")
        for field_, value in model:
            path = f"{key.text}.{field_.text}"
            if field_.text == "macros":
                continue
            if field_.text == "proxy" and "${PORT}" in value.text:
                continue  # reported where the ports are given out
            if self.recent or field_.text in (*fields, "capabilities"):
                self.macros.leftovers(value, path, names, pid=field_.text == "cmdStop")
            if field_.text == "filters" and value.table is not None:
                if not self.recent:
                    for name in ("stripParams", "strip_params", "setParamsByID"):
                        if (inner := value.table.get(name)) is not None:
                            self.macros.leftovers(inner, path, names)
                by_id = value.table.get("setParamsByID")
                for id_, inner in (by_id.table if by_id and by_id.table else None) or ():
                    self.macros.unknown(id_.text, inner, f"a key of {path}", names)

    def models(
        self, has: Table, written: Table, own: Mapping[str, tuple[Macro, ...]]
    ) -> Iterator[SwapModel]:
        raw = table(written, "models")
        for key, value in table(has, "models"):
            before = raw.get(key.text) or value
            yield build.model(key, value, before, own.get(key.text, ()), self.ports.get(key.text))


def _with_proxy(model: Key, table: Table) -> Table:
    proxy = table.get("proxy")
    if proxy is not None and proxy.data is not None:
        return table
    # No place of its own: the model's key stands for what is not written.
    default = Value(DEFAULT_PROXY, model.span, DEFAULT_PROXY)
    return Table((*without(table, "proxy").entries, (Key("proxy", model.span), default)))


def _replaced(root: Table, name: str, value: Value) -> Table:
    return Table(tuple((key, value if key.text == name else each) for key, each in root))
