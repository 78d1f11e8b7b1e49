"""Fixtures: the llama-swap that is compared with the recordings, named at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.case import Case, observe
from tests.conformance.cases import FAMILIES
from tests.lab.llama_swap import LlamaSwapBinary, find_llama_swap
from tests.lab.llama_swap_double import build_double

USED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def llama_swap_binary(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> LlamaSwapBinary:
    """The llama-swap that this machine has."""
    binary = find_llama_swap(tmp_path_factory.mktemp("llama-swap"))
    pytestconfig.stash.setdefault(USED, []).append(str(binary))
    return binary


class Observations:
    """The outcomes of each binary in each selected case; cases run in parallel, most only wait."""

    def __init__(self, binaries: dict[str, Path], directory: Path) -> None:
        self._binaries = binaries
        self._directory = directory
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2))
        self._futures: dict[tuple[Path, str, str], Future[dict[str, Any]]] = {}

    def binary(self, which: str) -> Path:
        """The program called `found` or `double`."""
        return self._binaries[which]

    def plan(self, which: str, family: str, case: Case) -> None:
        """Run a case as soon as a thread is free."""
        key = self._binaries[which], family, case.name
        if key not in self._futures:
            directory = self._directory / f"{len(self._futures)}"
            directory.mkdir()
            self._futures[key] = self._pool.submit(observe, case, key[0], directory)

    def of(self, which: str, family: str, case: Case) -> dict[str, Any]:
        """The outcome of a case."""
        self.plan(which, family, case)
        return self._futures[self._binaries[which], family, case.name].result()

    def close(self) -> None:
        """Drop what has not begun."""
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def observations(
    request: pytest.FixtureRequest,
    llama_swap_binary: LlamaSwapBinary,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Observations]:
    """Outcomes of all cases that this run selected."""
    double = llama_swap_binary.path
    if llama_swap_binary.kind == "real":
        double = build_double(tmp_path_factory.mktemp("double") / "llama-swap-double")
    binaries = {"found": llama_swap_binary.path, "double": double}
    observed = Observations(binaries, tmp_path_factory.mktemp("cases"))
    cases = {(family, each.name): each for family, all_ in FAMILIES.items() for each in all_}
    for item in request.session.items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        key = params.get("family", ""), params.get("name", "")
        if key in cases and "which" in params:
            observed.plan(params["which"], key[0], cases[key])
    yield observed
    observed.close()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The last lines of a run say what stood in for llama-swap."""
    used: list[str] = config.stash.get(USED, [])
    for each in dict.fromkeys(used):
        terminalreporter.write_line(f"llama-swap: {each}")
