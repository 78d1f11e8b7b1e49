"""The gates can fail: a planted fault of each kind is found by the tool that guards against it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small copy of the project: settings and the package."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "dsl" / "llamafleet", tmp_path / "dsl" / "llamafleet")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A tool of this environment, run over the copy."""
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=300
    )


def test_a_type_error_is_found(copy: Path) -> None:
    (copy / "dsl/llamafleet/planted.py").write_text('"""Planted."""\n\nNUMBER: int = "one"\n')
    done = run(copy, "mypy", "dsl/llamafleet/planted.py")
    assert done.returncode != 0
    assert "planted.py:3" in done.stdout


def test_a_lint_error_is_found(copy: Path) -> None:
    (copy / "dsl/llamafleet/planted.py").write_text('"""Planted."""\n\nimport os\n')
    done = run(copy, "ruff", "check", "dsl")
    assert done.returncode != 0
    assert "F401" in done.stdout


def test_a_layering_breach_is_found(copy: Path) -> None:
    planted = copy / "dsl/llamafleet/targets/writers/planted.py"
    planted.write_text('"""Planted."""\n\nfrom ..targets import TARGETS\n\nTARGETS\n')
    (copy / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "test_layering.py", copy / "tests")
    done = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_layering.py")
    assert done.returncode == 1
    assert "writers/planted.py imports" in done.stdout


def test_a_stale_golden_is_found(copy: Path) -> None:
    shutil.copytree(ROOT / "tests" / "golden", copy / "tests" / "golden")
    shutil.copy(ROOT / "tests" / "conftest.py", copy / "tests")
    shutil.copytree(ROOT / "examples", copy / "examples")
    golden = next((copy / "tests" / "golden" / "sandbox").rglob("voice.yaml"))
    golden.write_text(golden.read_text().replace("2048", "2049"))
    done = run(
        copy,
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/golden/test_examples.py",
        "-k",
        "sandbox",
    )
    assert done.returncode == 1, done.stdout
    assert "2049" in done.stdout
