"""`llamafleet map`: a fleet as a picture, an SVG or a page of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..capacity.footprint import Footprints
from ..compiler import compile_file
from ..picture import gather, layout, to_html, to_svg
from .files import replace_file
from .terminal import say, show, totals

PROBLEMS, USAGE = 1, 2
STDOUT = "-"
ENDINGS = {".svg": "svg", ".html": "html", ".htm": "html"}


def map_(fleet: str, output: str, style: str | None) -> int:
    """Draw a fleet; what does not fit is drawn, too. 1 if it cannot be read, 2 for no such kind."""
    kind = style or ("svg" if output == STDOUT else ENDINGS.get(Path(output).suffix.lower()))
    if kind is None:
        say(f'"{output}" is neither .svg nor .html; add --format svg or --format html')
        return USAGE
    compiled = compile_file(fleet)
    if compiled.resolved is None:
        show(compiled.diagnostics, compiled.sources, sys.stderr)
        print(totals(compiled.diagnostics, max(1, len(compiled.sources))), file=sys.stderr)
        return PROBLEMS
    contents = gather(compiled.resolved, Footprints(compiled.resolved), title(fleet))
    picture = layout(contents)
    text = to_html(picture, contents) if kind == "html" else to_svg(picture)
    if output == STDOUT:
        sys.stdout.buffer.write(text.encode())
        return 0
    _write(Path(output), text.encode())
    print(f"{output}: {contents.summary}", file=sys.stderr)
    return 0


def _write(path: Path, data: bytes) -> None:
    if path.is_file():
        replace_file(path, data)
    else:
        path.write_bytes(data)


def title(path: str) -> str:
    """Return a fleet's title: its file name, or its folder's where the file is just `fleet`."""
    file = Path(os.path.abspath(path))  # noqa: PTH100 (a link is called what it is called)
    return file.parent.name or "fleet" if file.stem in ("fleet", "-") else file.stem
