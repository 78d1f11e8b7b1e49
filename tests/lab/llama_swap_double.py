"""Pack the double of llama-swap into one executable file that needs only python3.

The file is a zip archive with a `#!` line: the package `double`, and PyYAML's pure-python half from
the environment that builds it.

    python -m tests.lab.llama_swap_double OUT
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import yaml

PACKAGE = Path(__file__).parent / "double"
MAIN = "from double.main import main\nmain()\n"
SHEBANG = b"#!/usr/bin/env python3\n"
EPOCH = (2026, 1, 1, 0, 0, 0)


def build_double(path: Path) -> Path:
    """Write the executable to `path` and return the path; the same sources give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("__main__.py", EPOCH), MAIN)
        packed.writestr(zipfile.ZipInfo("double/__init__.py", EPOCH), "")
        for name, folder in (("double", PACKAGE), ("yaml", Path(yaml.__file__).parent)):
            for source in sorted(folder.glob("*.py")):
                packed.writestr(zipfile.ZipInfo(f"{name}/{source.name}", EPOCH), source.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SHEBANG + archive.getvalue())
    path.chmod(0o755)
    return path


if __name__ == "__main__":
    print(build_double(Path(sys.argv[1])))
