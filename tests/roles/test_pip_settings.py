"""The package indexes are those that pip itself would use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llamafleet_roles import pip_settings
from llamafleet_roles.pip_settings import index_urls, settings

CONFIGURED = """\
[global]
index-url = https://user:pass%20word@files.example/simple
extra_index_url =
    https://second.example/simple
    https://third.example/simple
[install]
timeout = 7
[download]
index-url = https://not-asked.example/simple
"""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose pip nobody has configured."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    pip_settings._said.cache_clear()
    yield
    pip_settings._said.cache_clear()


def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give pip a file of its own beside those that the machine may have."""
    (tmp_path / "pip.conf").write_text(CONFIGURED)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))


def test_pips_own_default_applies_where_nothing_is_configured() -> None:
    """Held against what the same pip does: it names the index that it looks at."""
    found = index_urls()
    assert len(found) == 1
    command = [sys.executable, "-m", "pip", "download", "-vv", "--no-deps", "--no-input"]
    command += ["--retries", "0", "--timeout", "1", "--proxy", "http://127.0.0.1:9"]
    done = subprocess.run(
        [*command, "no-such-package-at-all"], capture_output=True, text=True, check=False
    )
    assert f"{found[0]}/no-such-package-at-all/" in done.stdout + done.stderr


def test_pips_files_are_read_by_pip_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(monkeypatch, tmp_path)
    assert index_urls() == (
        "https://user:pass%20word@files.example/simple",
        "https://second.example/simple",
        "https://third.example/simple",
    )
    assert settings()["timeout"] == "7"


def test_the_environment_goes_before_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(monkeypatch, tmp_path)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://mirror.example/simple")
    assert index_urls() == ("https://mirror.example/simple",)


def test_a_machine_without_pip_has_no_index_but_what_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert index_urls() == ()
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert index_urls() == ("https://mirror.example/simple",)
