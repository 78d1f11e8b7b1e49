"""Who may import what, as data, held against every import statement of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dsl" / "llamafleet"

# Inside the compiler: a part may import the parts named here, and itself.
LAYERS: dict[str, set[str]] = {
    "diagnostics": {"language.source", "secrets.concealed"},
    "language": {"diagnostics"},
    "schema": {"language", "diagnostics", "fleet.model"},
    "fleet": {"language", "diagnostics", "schema", "gguf.facts"},
    "swap_config": {"language", "diagnostics", "fleet.matrix"},
    "rules": {
        "language", "diagnostics", "schema", "fleet", "backends", "targets", "footprint",
        "calibration.differences", "lock.measured",
        "secrets", "swap_config.versions",
    },
    "secrets": {"diagnostics.model", "language.source", "language.syntax"},
    "backends": set(),
    "writers": set(),
    "targets": {
        "language", "diagnostics", "schema", "secrets", "fleet", "backends", "writers",
        "plan_types", "places",
        "swap_config.versions", "swap_config.re2", "swap_config.fits",
        "swap_config.url",
    },
    "importers": {
        "language", "diagnostics", "schema", "secrets", "fleet", "places", "swap_config", "render",
        "targets",
    },
    "places": set(),
    "plan_types": {"fleet.model", "places"},
    "plan": {
        "fleet", "footprint", "gguf.shards", "targets", "backends", "places", "plan_types",
    },
    "render": {"fleet", "plan", "plan_types"},
    "derive": {
        "diagnostics", "fleet", "footprint", "language.source", "lock.measured", "targets",
    },
    "suggestion": {"fleet", "footprint", "memory.terms"},
    "compiler": {
        "language", "diagnostics", "derive", "fleet", "footprint", "lock.attach", "rules",
        "supplied", "targets",
    },
    "explain": {"diagnostics", "schema", "targets"},
    "simulate": {"swap_config"},
    "swap_check": {
        "language", "diagnostics", "fleet", "importers", "rules", "swap_config", "swap_secrets",
        "targets",
    },
    "swap_secrets": {
        "language.source", "diagnostics.model", "importers.words", "secrets", "swap_config",
    },
    "inventory": {"fleet"},
    "supplied": {"fleet", "inventory", "language.reading"},
    "fingerprint": {"places", "plan_types", "url_secrets"},
    "releases": set(),
    "gguf": set(),
    "lock": {
        "language", "diagnostics", "fleet.model", "gguf", "releases", "schema.flag_tables",
        "url_secrets",
    },
    "url_secrets": set(),
    "memory": {"gguf", "importers", "language", "schema"},
    "footprint": {
        "backends", "fleet", "gguf", "lock.measured", "lock.measured_for", "memory",
        "schema.flag_tables", "targets",
    },
    "picture": {"fleet", "footprint", "plan", "targets"},
    "calibration": {
        "backends", "fleet", "footprint", "lock.measured", "lock.measured_for", "memory.terms",
        "targets", "writers",
    },
    "lsp": {"language", "diagnostics", "schema", "targets", "compiler", "explain"},
}  # fmt: skip

# Libraries, each behind few modules.
LIBRARIES: dict[str, set[str]] = {
    "lark": {"dsl/llamafleet/language/", "tests/language/", "benchmarks/"},
    "yaml": {"dsl/llamafleet/writers/", "dsl/llamafleet/swap_config/", "tests/"},
    "jsonschema": {"tests/", "benchmarks/"},
    "pygls": {
        "dsl/llamafleet/lsp/server", "dsl/llamafleet/lsp/session", "tests/lsp/", "tests/fuzz/",
    },
    "lsprotocol": {
        "dsl/llamafleet/lsp/server", "dsl/llamafleet/lsp/session", "dsl/llamafleet/lsp/protocol",
        "tests/fuzz/",
    },
    "pyinfra": {"roles/", "deploys/", "inventories/", "config.py", "tests/", "benchmarks/"},
    "paramiko": {"roles/pyinfra_hooks/", "tests/"},
    "gevent": {"roles/pyinfra_hooks/", "tests/"},
    "huggingface_hub": {"dsl/llamafleet/lock/hub", "roles/gguf_files/", "tests/"},
    "httpx": {"roles/", "tests/", "tools/"},
    "roles": {"roles/", "deploys/", "tests/", "benchmarks/"},
    "deploys": {"tests/"},
    "tests": {"tests/", "tools/demo"},
}  # fmt: skip


def modules() -> Iterator[Path]:
    for folder in ("dsl", "roles", "deploys", "inventories", "examples", "tests", "tools"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Absolute names of everything a file imports."""
    package = path.relative_to(ROOT / "dsl").parent.parts if PACKAGE in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            if (node.level and not node.module) or stem == "llamafleet":
                yield from (f"{stem}.{alias.name}" for alias in node.names)
            else:
                yield stem


def part_of(module: str) -> str:
    """`llamafleet.targets.nginx` belongs to `targets`."""
    return module.removeprefix("llamafleet.").split(".")[0]


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_respect_the_layers(path: Path) -> None:
    where = str(path.relative_to(ROOT))
    for name in imports(path):
        top = name.split(".")[0]
        allowed = LIBRARIES.get(top)
        if allowed is not None:
            assert any(where.startswith(prefix) for prefix in allowed), f"{where} imports {name}"
    if PACKAGE not in path.parents:
        return
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if own not in LAYERS:  # the public API and the command line stand above all
        return
    for name in imports(path):
        if name.startswith("llamafleet.") and part_of(name) != own:
            inner = name.removeprefix("llamafleet.")
            assert any(
                inner == allowed or inner.startswith(allowed + ".") for allowed in LAYERS[own]
            ), f"{where} imports {name}; {own} may import {sorted(LAYERS[own]) or 'nothing'}"


def test_targets_do_not_know_each_other() -> None:
    targets = sorted((PACKAGE / "targets").glob("*.py"))
    shared = {"target", "__init__"}
    names = {path.stem for path in targets} - shared
    for path in targets:
        if path.stem in shared:
            continue
        for name in imports(path):
            *_, last = name.split(".")
            assert not (name.startswith("llamafleet.targets.") and last in names - {path.stem}), (
                f"targets/{path.name} imports {name}: targets meet in Endpoint"
            )
