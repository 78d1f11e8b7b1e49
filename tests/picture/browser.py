"""A real headless Chromium: pages as it draws them, in light and in dark."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# How Blink counts what a page is told when it asks for the preferred colours.
SCHEMES = {"dark": 0, "light": 1}
PATIENCE = 120


def program() -> str:
    """The browser; without one the test is skipped, saying so, and in CI it fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    reason = "chromium is not installed: NOTHING of how pictures are drawn was checked"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason)
    pytest.skip(reason)


def _run(page: Path, scheme: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [
            program(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder / 'profile'}",
            f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
            *arguments,
            page.as_uri(),
        ],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def asked(page: Path, scheme: str, folder: Path) -> Any:
    """What the script in a page wrote into its element `answer`, as JSON."""
    dumped = _run(page, scheme, folder, "--virtual-time-budget=20000", "--dump-dom")
    found = re.search(r'<pre id="answer">(.*?)</pre>', dumped, re.DOTALL)
    assert found, dumped[-500:]
    return json.loads(html.unescape(found[1]))


def screenshot(
    page: Path, scheme: str, folder: Path, size: tuple[int, int], scale: float = 1
) -> bytes:
    """The page as PNG."""
    path = folder / f"{page.stem}-{scheme}.png"
    width, height = size
    _run(
        page, scheme, folder, f"--screenshot={path}", f"--window-size={width},{height}",
        f"--force-device-scale-factor={scale}",
    )  # fmt: skip
    return path.read_bytes()
