"""Make the wheel and the source archive in dist/, from nothing that an earlier build has left.

    python tools/dist.py

It takes the build backend that is installed here, so that what is built is what the lock says.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from setuptools import build_meta

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Build both and print their paths."""
    os.chdir(ROOT)
    for left in (ROOT / "build", ROOT / "dist", *(ROOT / "dsl").glob("*.egg-info")):
        # An editable install of this clone does not read the egg-info folder: it has its own.
        shutil.rmtree(left, ignore_errors=True)
    sys.argv = sys.argv[:1]
    made = (build_meta.build_sdist("dist"), build_meta.build_wheel("dist"))
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    for name in made:
        print(f"dist/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
