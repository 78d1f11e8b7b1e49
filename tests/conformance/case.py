"""A conformance case: a config, steps to take once it runs, and what came of them.

In a config `@RESPONDER@` stands for the command of the stand-in model server, `@PORT1@` ... for
free ports; what is observed is written with the same words: a recording is the same everywhere.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tests.conformance.process import RefusedConfigError, free_ports, llama_swap
from tests.conformance.steps import Run, take

RESPONDER = Path(__file__).with_name("responder.py")
PORTS = 4
Step: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One config and its steps: a verb of `steps.py` with its arguments each."""

    name: str
    config: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The values of the placeholders in one run."""

    values: Mapping[str, str]

    def put(self, text: str) -> str:
        """A config as the program gets it."""
        for name, value in self.values.items():
            text = text.replace(name, value)
        return text

    def take_out(self, value: Any) -> Any:
        """Replace values by placeholders in an observation."""
        text = json.dumps(value)
        for name, real in self.values.items():
            text = text.replace(json.dumps(real)[1:-1], name)
        return json.loads(text)


def observe(case: Case, binary: Path, directory: Path) -> dict[str, Any]:
    """Run a case and tell what happened, as JSON."""
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(RESPONDER))}"
    ports = {f"@PORT{at}@": str(port) for at, port in enumerate(free_ports(PORTS), 1)}
    names = Placeholders({"@RESPONDER@": command, **ports})
    try:
        with llama_swap(binary, names.put(case.config), directory) as process:
            run = Run(process, names.put)
            seen = [take(run, step) for step in case.steps]
            run.finish()
    except RefusedConfigError as refused:
        return {"accepted": False, "error": names.take_out(refusal(str(refused), directory))}
    return {"accepted": True, "seen": names.take_out(seen)}


def refusal(output: str, directory: Path) -> str:
    """The reason out of llama-swap's one line, without what differs from run to run."""
    found = re.search(r'ERROR (.*?) (?:config=.* )?error="?(.*?)"?$', output, re.DOTALL)
    if found is None:
        return output
    text = f"{found[1]}: {found[2]}".replace('\\"', '"').replace("\\n", "\n")
    text = text.replace(str(directory), "DIR")
    # Which of two is blamed for a clash depends on the order of a Go map.
    text = re.sub(
        r"(duplicate alias \S+ found in model|is used in multiple groups): .*", r"\1 ...", text
    )
    # Positions and words of YAML errors belong to the library.
    return re.sub(r"(?<!\.)yaml: (?!unmarshal).*", "yaml: ...", text, flags=re.DOTALL)
