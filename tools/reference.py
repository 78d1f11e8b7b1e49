"""Write docs/reference.md and docs/diagnostics.md from the schemas and from the test cases.

python tools/reference.py            # write
python tools/reference.py --check    # exit 1 where a page is out of date
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from llamafleet.diagnostics.codes import CODES
from llamafleet.explain import default_of, flag_of, schemas
from llamafleet.schema import llama_server
from llamafleet.schema.block import BlockSchema, Key

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
    for word, why in sorted(llama_server.refused().items()):
        yield f"| `{word}` | {_cell(why)} |"


def diagnostics() -> str:
    """Every code with what it means, an example and what is printed for it."""
    parts = [MADE, "# Diagnostics", "Every code, what it means, and an example of it."]
    for code, (severity, meaning) in sorted(CODES.items()):
        source, _, printed = (
            (CASES / f"{code}.fleettest").read_text(encoding="utf-8").partition("-" * 10 + "\n")
        )
        parts += [f"## {code}", f"*{severity.value}.* {meaning}"]
        parts += [f"```text\n{source.rstrip()}\n```", f"```text\n{printed.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
