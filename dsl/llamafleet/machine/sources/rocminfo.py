"""AMD's names of its cards, from rocminfo."""

from __future__ import annotations

from collections.abc import Iterator

from ..draft import Draft
from ..source import MISSING, Answer, Source

COMMAND = f"""
PATH=$PATH:/opt/rocm/bin
command -v rocminfo >/dev/null || exit {MISSING}
rocminfo
"""


def read(answer: Answer, draft: Draft) -> None:
    """Note name, UUID and architecture of each agent that is a GPU; by its address on the bus."""
    for agent in _agents(answer.lines):
        if agent.get("Device Type") != "GPU":
            continue
        place = _place(agent.get("BDFID", ""), agent.get("Domain", ""), draft)
        uuid = agent.get("Uuid", "")
        uuid = uuid if uuid.startswith("GPU-") and uuid != "GPU-XX" else ""
        name, arch = agent.get("Marketing Name"), agent.get("Name", "")
        key = place or _by_uuid(uuid, draft)
        if key and draft.cards.get(key, {}).get("parts"):
            uuid = ""
        if key:
            draft.card(
                key,
                vendor="amd",
                pci=place,
                name=name,
                uuid=uuid,
                arch=arch if arch.startswith("gfx") else None,
            )


def _agents(lines: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield the fields of each agent: the first of a name counts, for an ISA has a name, too."""
    agent: dict[str, str] = {}
    for line in lines:
        words = line.split()
        if words[:1] == ["Agent"] and len(words) == 2:
            if agent:
                yield agent
            agent = {}
        key, colon, value = line.partition(":")
        if colon and value.strip():
            agent.setdefault(key.strip(), value.strip())
    if agent:
        yield agent


def _place(bdf: str, domain: str, draft: Draft) -> str | None:
    """Return the address that a BDFID such as 768 stands for: 0000:03:00.0."""
    if not bdf.isdigit() or int(bdf) <= 0:
        return None
    number, top = int(bdf), int(domain) if domain.isdigit() else 0
    base = f"{top:04x}:{number >> 8 & 0xFF:02x}:{number >> 3 & 0x1F:02x}."
    own = f"{base}{number & 7}"
    return own if own in draft.on_bus else f"{base}0"


def _by_uuid(uuid: str, draft: Draft) -> str | None:
    found = (key for key, known in draft.cards.items() if uuid and known.get("uuid") == uuid)
    return next(found, None)


ROCMINFO = Source("rocminfo", COMMAND, read)
