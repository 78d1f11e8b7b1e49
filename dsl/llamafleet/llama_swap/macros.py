"""Macros and ports: what llama-swap puts into values before it looks at their types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..diagnostics.model import Diagnostics
from ..diagnostics.suggest import suggest
from .expand import Definition, expanded, expanded_text, left
from .model import Macro
from .values import Key, Table, Timestamp, Value
from .versions import MACROS_EVERYWHERE

DEFAULT_PROXY = "http://localhost:${PORT}"
_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_RESERVED = {"PORT", "MODEL_ID"}
_TEXT_FIELDS = ("cmd", "cmdStop", "proxy", "checkEndpoint", "name", "description")
_PORT_FIELDS = ("cmd", "cmdStop", "proxy", "name", "description", "metadata")
CAPABILITIES_MACROS = 238
RESERVED_PID = 243


@dataclass(slots=True)
class Macros:
    """The definitions of one place, and what they do to values in this release."""

    version: int
    diagnostics: Diagnostics

    def declared(self, value: Value | None) -> tuple[Macro, ...]:
        """Return the checked definitions of a `macros` mapping."""
        if value is None or value.table is None:
            return ()
        found = tuple(Macro(key, each) for key, each in value.table)
        for macro in found:
            self.check(macro.name, macro.value)
        return found

    def check(self, name: Key, value: Value) -> None:
        """Report a macro that llama-swap refuses: its name, or its value."""
        problem, hint, span = "", "", name.span
        reserved = _RESERVED | ({"PID"} if self.version >= RESERVED_PID else set())
        if len(name.text.encode()) >= 64:
            problem = f'macro name "{name.text[:20]}..." is longer than 63 characters'
        elif not _NAME.fullmatch(name.text):
            problem = f'"{name.text}" is not a valid macro name'
            hint = "use letters, digits, - and _"
        elif not value.scalar or value.data is None or isinstance(value.data, Timestamp):
            problem = f'macro "{name.text}" must be text, a number or a boolean'
            span = value.span
        elif isinstance(value.data, str) and f"${{{name.text}}}" in value.data:
            problem, span = f'macro "{name.text}" contains itself', value.span
        elif name.text in reserved:
            problem = f'macro "{name.text}" is built into llama-swap'
        if problem:
            self.diagnostics.error("bad-macro", problem, span, hint=hint, refused=True)

    def definitions(
        self, model: Key | None, common: tuple[Macro, ...], own: tuple[Macro, ...]
    ) -> tuple[Definition, ...]:
        """Return a model's macros: its id, the common ones, and its own, which replace those."""
        found = {"MODEL_ID": Definition("MODEL_ID", model.text)} if model else {}
        for macro in (*common, *own):
            data = macro.value.data
            if isinstance(data, Table | tuple):
                continue
            found[macro.name.text] = Definition(macro.name.text, data, macro.value.known)
        return tuple(found.values())

    def model(self, table: Table, macros: tuple[Definition, ...]) -> Table:
        """Return a model's values with macros, where this release replaces them."""
        if self.version >= MACROS_EVERYWHERE:
            entries_now = [(key, expanded(value, macros)) for key, value in table]
            return self.by_id_keys(Table(tuple(entries_now)), macros)
        entries = []
        for key, value in table:
            if key.text in _TEXT_FIELDS and value.data is not None and value.scalar:
                value = expanded(_as_string(value), _as_texts(macros))
            elif key.text == "metadata" or (
                key.text == "capabilities" and self.version >= CAPABILITIES_MACROS
            ):
                value = expanded(value, macros)
            elif key.text == "filters" and value.table is not None:
                value = replace(value, data=self.old_filters(value.table, macros))
            entries.append((key, value))
        return self.by_id_keys(Table(tuple(entries)), macros)

    def old_filters(self, table: Table, macros: tuple[Definition, ...]) -> Table:
        """Return filters with the macros that releases before MACROS_EVERYWHERE replace."""
        entries = []
        for key, value in table:
            if key.text in ("stripParams", "strip_params") and value.data is not None:
                value = expanded(_as_string(value), _as_texts(macros)) if value.scalar else value
            elif key.text == "setParamsByID":
                value = expanded(value, macros)
            entries.append((key, value))
        return Table(tuple(entries))

    def by_id_keys(self, table: Table, macros: tuple[Definition, ...]) -> Table:
        """Return the model with macros in the keys of `filters.setParamsByID`, too."""
        filters = table.get("filters")
        by_id = filters.table.get("setParamsByID") if filters and filters.table else None
        if filters is None or filters.table is None or by_id is None or by_id.table is None:
            return table
        entries: dict[str, tuple[Key, Value]] = {}
        for key, value in by_id.table:
            name = expanded_text(key.text, macros) if by_id.table.strings else key.text
            if name in entries:
                message = f'"{key.text}" and another key of setParamsByID both become "{name}"'
                self.diagnostics.error(
                    "duplicate-key", message, key.span,
                    refused=self.version >= MACROS_EVERYWHERE,
                )  # fmt: skip
            entries[name] = (replace(key, text=name), value)
        inner = _with(filters.table, "setParamsByID", Table(tuple(entries.values())))
        return _with(table, "filters", inner)

    def ported(self, table: Table, port: int) -> Table:
        """Return a model with `${PORT}` replaced."""
        macro = (Definition("PORT", port),)
        if self.version >= MACROS_EVERYWHERE:
            return self.model(table, macro)
        entries = [
            (key, expanded(value, macro if key.text == "metadata" else _as_texts(macro)))
            if key.text in _PORT_FIELDS
            else (key, value)
            for key, value in table
        ]
        return Table(tuple(entries))

    def leftovers(self, value: Value, path: str, names: tuple[str, ...], pid: bool = False) -> None:
        """Report macros that nothing has replaced."""
        if value.table is not None:
            for _, inner in value.table if value.table.strings else ():
                self.leftovers(inner, path, names, pid)
        elif value.items is not None:
            for inner in value.items:
                self.leftovers(inner, path, names, pid)
        elif isinstance(value.data, str):
            self.unknown(value.data, value, path, names, pid)

    def unknown(
        self, text: str, value: Value, path: str, names: tuple[str, ...], pid: bool = False
    ) -> None:
        """Report the macros that are left in a text."""
        for name in dict.fromkeys(left(text)):
            if name == "PID" and pid:
                continue
            near = suggest(name, names)
            hint = f"did you mean ${{{near}}}?" if near else f"define {name} under macros"
            if name == "PORT":
                hint = "${PORT} is defined only where cmd uses it"
            elif name == "PID":
                hint = "${PID} is defined in cmdStop only"
            elif name.isupper() and not near and name not in names:
                hint = f"use ${{env.{name}}} for the environment variable"
            elif name in names:
                hint = f"move {name} up: a macro can only use macros above it"
            message = f"${{{name}}} in {path} is not defined"
            self.diagnostics.error("unknown-macro", message, value.span, hint=hint, refused=True)


def stripped(table: Table) -> Table:
    """Return a model whose commands have no comment lines, as llama-swap cuts them out first."""
    entries = []
    for key, value in table:
        if key.text in ("cmd", "cmdStop") and type(value.data) is str:
            text = without_comments(value.data)
            value = replace(value, data=text, text=text)
        entries.append((key, value))
    return Table(tuple(entries))


def without_comments(text: str) -> str:
    """Return a command without the lines whose first character is `#`."""
    return "\n".join(line for line in text.split("\n") if not line.strip().startswith("#"))


def _with(table: Table, name: str, inner: Table) -> Table:
    return Table(
        tuple(
            (key, replace(value, data=inner) if key.text == name else value) for key, value in table
        )
    )


def _as_string(value: Value) -> Value:
    return replace(value, data=value.text)


def _as_texts(macros: tuple[Definition, ...]) -> tuple[Definition, ...]:
    return tuple(Definition(each.name, each.text, each.known) for each in macros)
