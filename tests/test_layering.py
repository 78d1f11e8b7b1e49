"""Who may import what, as data, held against every import statement of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dsl" / "llamafleet"

# Inside the compiler: a part may import the parts named here, and itself. A part is a wing of the
# package, or a folder or module of one that stands lower than the rest of it.
LAYERS: dict[str, set[str]] = {
    "dataclasses": set(),
    "source": set(),
    "backends": set(),
    "machine": {"backends"},
    "compatibility": {"backends"},
    "secrets": set(),
    "diagnostics": {"source", "secrets"},
    "language": {"source", "diagnostics"},
    "fleet.schema": {
        "source", "language", "diagnostics", "backends", "fleet.endpoint", "fleet.json_types",
    },
    "fleet": {"source", "language", "diagnostics", "backends", "gguf.facts", "gguf.shards"},
    "gguf": set(),
    "discovery": {
        "fleet.discovered_names", "fleet.observed", "fleet.schema", "gguf", "lock.quants",
    },
    "lock": {
        "source", "language", "diagnostics", "secrets", "fleet.discover_block", "fleet.model",
        "fleet.observed", "fleet.schema.flag_tables", "fleet.schema.patterns", "gguf",
        "llama_swap.releases",
    },
    "llama_swap": {
        "source", "language", "diagnostics", "fleet.matrix", "fleet.matrix_expression",
        "fleet.schema",
    },
    "targets.writers": set(),
    "targets": {
        "backends", "source", "language", "diagnostics", "secrets", "fleet", "gguf.shards",
        "llama_swap.fits", "llama_swap.re2", "llama_swap.url", "llama_swap.versions",
    },
    "capacity.memory": {
        "source", "language", "backends", "gguf", "fleet.schema", "fleet.server_argv",
        "fleet.words",
    },
    "capacity.footprint": {
        "backends", "fleet", "gguf", "lock.measured", "lock.measurement_key", "targets",
        "capacity.memory",
    },
    "capacity.derive": {
        "source", "diagnostics", "fleet", "lock.measured", "targets", "capacity.footprint",
    },
    "capacity.suggestion": {"fleet", "capacity.footprint", "capacity.memory.terms"},
    "capacity.calibration": {
        "backends", "fleet", "lock.measured", "lock.measurement_key", "targets",
        "capacity.footprint", "capacity.memory.terms",
    },
    "rules": {
        "source", "backends", "compatibility", "language",
        "diagnostics", "secrets", "fleet", "targets",
        "lock.measured", "llama_swap.load", "llama_swap.versions", "capacity.footprint",
        "capacity.calibration.differences",
    },
    "plan": {"backends", "fleet", "gguf.shards", "targets", "capacity.footprint"},
    "render": {"fleet", "plan", "targets.plan_types"},
    "plan_json": {"secrets", "targets.plan_types"},
    "picture": {"fleet", "targets", "plan", "capacity.footprint"},
    "importers": {
        "source", "language", "diagnostics", "secrets", "fleet", "llama_swap", "targets", "render",
    },
    "inventory": {"fleet"},
    "supplied": {"fleet", "inventory", "language.reading"},
    "compiler": {
        "source", "language", "diagnostics", "fleet", "lock.load", "targets", "rules", "supplied",
        "capacity.derive", "capacity.footprint",
    },
    "swap_secrets": {
        "source", "diagnostics.model", "secrets", "fleet.schema", "fleet.words", "llama_swap",
    },
    "swap_check": {
        "source", "language", "diagnostics", "fleet", "rules", "targets", "llama_swap", "importers",
        "swap_secrets",
    },
    "explain": {"diagnostics", "fleet.schema", "rules.codes", "targets"},
    "explain_json": {"diagnostics.codes", "fleet.schema", "explain"},
    "schemas": set(),
    "lsp": {"source", "language", "diagnostics", "fleet.schema", "targets", "compiler", "explain"},
}  # fmt: skip

EVERYWHERE = {"dataclasses"}
"""Parts that every other may import."""

# Libraries, each behind few modules.
LIBRARIES: dict[str, set[str]] = {
    "lark": {"dsl/llamafleet/language/", "tests/language/", "benchmarks/"},
    "yaml": {"dsl/llamafleet/targets/writers/", "dsl/llamafleet/llama_swap/", "tests/"},
    "jsonschema": {"tests/", "benchmarks/"},
    "pygls": {
        "dsl/llamafleet/lsp/server", "dsl/llamafleet/lsp/session", "tests/lsp/", "tests/fuzz/",
    },
    "lsprotocol": {
        "dsl/llamafleet/lsp/server", "dsl/llamafleet/lsp/session", "dsl/llamafleet/lsp/protocol",
        "tests/fuzz/",
    },
    "pyinfra": {"roles/", "deploys/", "inventories/", "config.py", "tests/", "benchmarks/"},
    "paramiko": {"roles/llamafleet_roles/pyinfra_hooks/", "tests/"},
    "gevent": {"roles/llamafleet_roles/pyinfra_hooks/", "tests/"},
    "huggingface_hub": {"dsl/llamafleet/lock/hub", "roles/llamafleet_roles/gguf_files/", "tests/"},
    "httpx": {"dsl/llamafleet/lock/llama_cpp_release", "roles/", "tests/", "tools/"},
    "llamafleet_roles": {
        "roles/", "deploys/", "config.py", "dsl/llamafleet/new_site/", "tests/", "benchmarks/",
        "tools/drift", "tools/demo",
    },
    "llamafleet_verify": {"dsl/llamafleet/cli/verify", "tests/"},
    "deploys": {"tests/"},
    "tests": {"tests/", "tools/demo", "tools/drift_starts"},
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
    """Return the part that a module below `llamafleet` belongs to: the longest name that fits."""
    fitting = [part for part in LAYERS if module == part or module.startswith(part + ".")]
    return max(fitting, key=len, default=module.split(".")[0])


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
    own = part_of(".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    if own not in LAYERS:  # the public API and the command line stand above all
        return
    allowed_parts = (
        LAYERS[own] | EVERYWHERE | ({own.partition(".")[0]} if "." not in own else set())
    )
    for name in imports(path):
        inner = name.removeprefix("llamafleet.")
        if name.startswith("llamafleet.") and part_of(inner) != own:
            assert any(inner == part or inner.startswith(part + ".") for part in allowed_parts), (
                f"{where} imports {name}; {own} may import {sorted(LAYERS[own]) or 'nothing'}"
            )


def test_no_wing_depends_on_one_that_depends_on_it() -> None:
    wings: dict[str, set[str]] = {}
    for part, allowed in LAYERS.items():
        wings.setdefault(part.split(".")[0], set()).update(each.split(".")[0] for each in allowed)
    open_wings = {wing: needs - {wing} for wing, needs in wings.items()}
    while open_wings:
        free = {wing for wing, needs in open_wings.items() if not needs & open_wings.keys()}
        assert free, f"these depend on each other: {sorted(open_wings)}"
        open_wings = {wing: needs for wing, needs in open_wings.items() if wing not in free}


def test_no_module_imports_itself_through_others() -> None:
    """Imports for types alone count: they are dependencies of whoever reads the code."""
    modules: dict[str, Path] = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        modules[".".join(parts[:-1] if path.stem == "__init__" else parts)] = path
    needs = {
        module: {name for name in imported_modules(path) if name in modules} - {module}
        for module, path in modules.items()
    }
    TopologicalSorter(needs).prepare()  # raises CycleError, which names the modules


def imported_modules(path: Path) -> Iterator[str]:
    """Names of modules that a file imports, by every name that could be one."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = {f"{stem}.{alias.name}" for alias in node.names}
            yield from names
            if node.module:
                yield stem


def test_targets_do_not_know_each_other() -> None:
    targets = sorted((PACKAGE / "targets").glob("*.py"))
    shared = {"target", "plan_types", "paths", "fingerprint", "__init__"}
    names = {path.stem for path in targets} - shared
    for path in targets:
        if path.stem in shared:
            continue
        for name in imports(path):
            *_, last = name.split(".")
            assert not (name.startswith("llamafleet.targets.") and last in names - {path.stem}), (
                f"targets/{path.name} imports {name}: targets meet in Endpoint"
            )
