"""SHA-256 of llama-swap's release archives, by version and machine."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("releases.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = json.loads(text)["sha256"]
    return table


def architecture(machine: str) -> str | None:
    """Return upstream's name for what `uname -m` prints; None where it releases nothing."""
    return _ARCHITECTURES.get(machine)


def archive_sha256(version: str, machine: str) -> str | None:
    """Return the SHA-256 of a Linux release archive (`v250`, `x86_64`); None if unknown."""
    return _table().get(version, {}).get(f"linux-{architecture(machine)}")


def archive_url(version: str, machine: str) -> str:
    """Return upstream's URL of the archive; its file name has the number without the v."""
    number = version.removeprefix("v")
    name = f"llama-swap_{number}_linux_{architecture(machine)}.tar.gz"
    return f"https://github.com/mostlygeek/llama-swap/releases/download/{version}/{name}"


def known_versions() -> tuple[str, ...]:
    """Versions whose archives are known, oldest first."""
    return tuple(sorted(_table(), key=lambda version: int(version.removeprefix("v"))))
