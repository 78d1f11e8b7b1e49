"""Write docs/reference.md and docs/diagnostics.md from the schemas and from the test cases.

python tools/reference.py            # write
python tools/reference.py --check    # exit 1 where a page is out of date
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from llamafleet.backends import BACKENDS
from llamafleet.backends.backend import FOUND_BY
from llamafleet.explain import default_of, flag_of, schemas
from llamafleet.fleet.schema import llama_server
from llamafleet.fleet.schema.block import BlockSchema, Key
from llamafleet.rules.codes import CODES
from llamafleet.targets.process.added_flags import ADDITIONS
from llamafleet.targets.process.sandbox import SANDBOX, Need, lifted
from llamafleet.targets.process.unit import UNIT_ENVIRONMENT
from llamafleet.targets.swap.config import DEFAULT_LIMIT, HEALTH, WAITING_PER_SLOT
from llamafleet.targets.writers.systemd_unit import UnitValue, Words

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "diagnostics"
MADE = "<!-- Written by tools/reference.py: edits here are overwritten. -->"


def main() -> int:
    """Write or compare both pages."""
    pages = {"reference.md": reference(), "diagnostics.md": diagnostics()}
    stale = []
    for name, text in pages.items():
        path = ROOT / "docs" / name
        if "--check" in sys.argv[1:]:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} is out of date: run python tools/reference.py", file=sys.stderr)
    return 1 if stale else 0


def reference() -> str:
    """Every block kind with its keys, and llama-server's flags at the end."""
    parts = [
        MADE,
        "# Reference",
        "What every block may say. The same is printed by `llamafleet explain`.",
    ]
    for schema in schemas():
        parts += list(_block(schema))
    parts.append(f"## Flags of llama-server {llama_server.PINNED}")
    parts.append("Keys of `model` and `defaults model`. Every long spelling of a flag is taken.")
    parts.append("\n".join(_flags()))
    parts.append("### What is no key, and why")
    parts.append("\n".join(_refused()))
    parts += [*_added(), *_sandbox()]
    return "\n\n".join(parts) + "\n"


def _block(schema: BlockSchema) -> Iterator[str]:
    yield f"## {schema.kind}"
    yield schema.help
    own = [key for key in schema.keys if not flag_of(key)]
    if own:
        rows = "\n".join(_row(key) for key in own)
        yield f"| key | takes | default | meaning |\n|---|---|---|---|\n{rows}"
    if schema.free_keys:
        yield f"Names of your own: `name = …` takes {schema.free_keys.expected}."
    if schema.free_blocks:
        yield "Blocks of your own, `name { … }`, take the same; `item name { … }` is one of a list."
    if schema.sets:
        yield "Sets: `set name = a & (b | +other)`."
    for inner in schema.blocks:
        which = "blocks with a name each," if inner.labelled else "a block"
        yield f"May hold {which} [`{inner.kind}`](#{inner.kind})."


def _row(key: Key) -> str:
    default = "required" if key.required else _code(default_of(key))
    return f"| `{key.name}` | {_cell(key.type.expected)} | {_cell(default)} | {_cell(key.help)} |"


def _flags() -> Iterator[str]:
    yield "| key | takes | llama-server's default | meaning |"
    yield "|---|---|---|---|"
    for flag in llama_server.flags().values():
        default = flag.default
        told = {True: "on", False: "off"}[default] if isinstance(default, bool) else default
        shown = _code("" if told is None else str(told))
        row = (f"`{flag.key}`", flag.values.expected, shown, flag.help)
        yield f"| {' | '.join(_cell(each) for each in row)} |"


def _refused() -> Iterator[str]:
    yield "| key | why |"
    yield "|---|---|"
    for word, why in sorted(llama_server.unsupported_flags().items()):
        yield f"| `{word}` | {_cell(why)} |"


def _added() -> Iterator[str]:
    yield "## What llamafleet adds unasked"
    yield (
        "To the argv of a llama-server that a build of the fleet runs, besides what names the "
        "model and its address (`--model`, `--mmproj`, `--model-draft`, `--alias`, `--tags`, "
        "`--host`, `--port`):"
    )
    flags = (f"| `{' '.join(x.words)}` | {x.condition} | {_cell(x.why)} |" for x in ADDITIONS)
    yield "\n".join(["| flag | added | why |", "|---|---|---|", *flags])
    yield "To the environment; what a model's `env` says wins:"
    rows = ["| variable | of | value |", "|---|---|---|"]
    for each in BACKENDS:
        of = f"models of {each.name} builds"
        rows += [f"| `{name}` | {of} | `{value}` |" for name, value in each.environment]
        if each.visible_devices:
            shown = each.visible_format.format(devices="0,1")
            rows.append(f"| `{each.visible_devices}` | {of} that name `gpus` | `{shown}` |")
        if each.finder:
            rows.append(
                f"| `{FOUND_BY}` | {of} on hosts with `gpu-ids` | `0000:03:00.0,…`, turned into "
                f"`{each.visible_devices}` when a server starts |"
            )
        if each.visible_uuids:
            rows.append(
                f"| `{each.visible_uuids}` | {of} on hosts with `gpu-ids` | `GPU-…,GPU-…` |"
            )
    for name, value, why in UNIT_ENVIRONMENT:
        rows.append(f"| `{name}` | every unit: {why} | `{value.format(unit='NAME')}` |")
    yield "\n".join(rows)
    yield (
        "To llama-swap's configuration: each model's port, in `proxy` and in its command, "
        f"`checkEndpoint` (`{HEALTH}`), `ttl` (the service's `global-ttl`), and "
        f"`concurrencyLimit`: one running and {WAITING_PER_SLOT} waiting requests a slot, never "
        f"less than {DEFAULT_LIMIT}. To each model's `metadata`: its digest, which `tests/verify` "
        "compares."
    )


def _sandbox() -> Iterator[str]:
    yield "## The sandbox of a unit"
    yield "What [hardening.md](hardening.md) is about: every unit of model servers has"
    lines = (f"{each.setting}={_value(each.value)}" for each in SANDBOX)
    yield "\n".join(["```ini", *lines, "```"])
    yield "but for what a service needs:"
    rows = ["| where | it has no | because |", "|---|---|---|"]
    for need in Need:
        for reason, names in lifted({need}).items():
            listed = ", ".join(f"`{name}`" for name in names)
            rows.append(f"| {need.value} | {listed} | {_cell(reason)} |")
    yield "\n".join(rows)


def _value(value: UnitValue) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Words():
            return " ".join(value.words)
    return str(value)


def diagnostics() -> str:
    """Every code with what it means, an example and what is printed for it."""
    parts = [MADE, "# Diagnostics", "Every code, what it means, and an example of it."]
    for code, known in CODES.items():
        source, _, printed = (
            (CASES / f"{code}.fleettest").read_text(encoding="utf-8").partition("-" * 10 + "\n")
        )
        parts += [f"## {code}", f"*{known.severity.value}.* {known.meaning}"]
        parts += [f"```text\n{source.rstrip()}\n```", f"```text\n{printed.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
