"""The generations that a host keeps, and the plan of the one to go to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyinfra.api.facts import FactBase

from llamafleet_roles.commands import command_line
from llamafleet_roles.services.facts import FILES as SERVICES

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True)
class HostGenerations:
    """The generations of a host by number, with who rolled each out and when.

    `wanted` is the number that was asked for, or that came before the current one; `target` is the
    same if it is still kept, and `text` its plan.
    """

    current: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    wanted: str = ""
    target: str = ""
    text: str = ""


class Generations(FactBase[HostGenerations | None]):
    """The generations of a host in one round trip; None if the probe could not run."""

    def command(self, wanted: str = "") -> str:
        """Return the probe, a script that never fails."""
        script = (SERVICES / "functions.sh").read_text() + (FILES / "probe.sh").read_text()
        return command_line("sh", "-c", script, "probe", wanted)

    @staticmethod
    def default() -> HostGenerations | None:
        """Return None: unknown."""
        return None

    def process(self, output: list[str]) -> HostGenerations | None:
        """Parse the probe's lines, each a keyword and its value."""
        if not output or output[0] != "generations 1":
            return None
        kept: dict[str, str] = {}
        single: dict[str, str] = {}
        for line in output[1:]:
            keyword, _, value = line.partition(" ")
            if keyword == "kept":
                number, _, record = value.partition(" ")
                kept[number] = record.strip()
            else:
                single[keyword] = value.strip()
        try:
            text = base64.b64decode(single.get("plan", "")).decode("utf-8", "replace")
        except ValueError:
            text = ""
        return HostGenerations(
            current=single.get("current", ""),
            kept=kept,
            wanted=single.get("wanted", ""),
            target=single.get("target", ""),
            text=text,
        )
