"""What a fleet file says of a machine: `gpu` and `host` blocks, ready to paste, and remarks.

What a host says of itself is data: names become words of letters, digits and dashes, remarks lose
what is not printable, and no other text gets into a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .facts import Gpu, MachineFacts

MODELS_DIR = "/var/lib/llamafleet/models"
_WIDTH = 88
_UUID = re.compile(r"GPU-[0-9a-f]{8}[0-9a-f-]*")
_DISTRIBUTION = re.compile(r"[a-z][a-z0-9_.]*-[0-9][0-9.]*")
_MAKERS = re.compile(
    r"\b(nvidia|geforce|tesla|quadro|amd|radeon|instinct|intel\(r\)|intel|graphics|series)\b"
)


def described(
    name: str, machine: MachineFacts, known: dict[str, str], address: str | None = None
) -> str:
    """Return the blocks of a host, with remarks on what else was found.

    `known` are the bodies of `gpu` blocks that were returned before, by name: a kind of card is
    declared once, and new ones are added.
    """
    cards = _cards(machine)
    kinds = [_kind(gpu, known) for gpu in cards]
    new = [(kind, body) for kind, body, first in kinds if first]
    blocks = [f"gpu {kind} {{\n{body}}}\n" for kind, body in new]
    names = [kind for (kind, _, _), gpu in zip(kinds, cards, strict=True) for _ in range(gpu.parts)]
    lines = [f"    address = {_quoted(address)}"] if address and address != _word(name) else []
    lines += _listed("gpus   ", names) if names else []
    lines += _ids(cards)
    lines += [f"    ram     = {machine.ram >> 20}MiB"] if machine.ram else []
    lines += _distribution(machine)
    lines += _disk(machine)
    remarks = "".join(f"# {_plain(each)}\n" for each in remarks_on(machine, cards))
    body = "".join(f"{line}\n" for line in lines)
    return "\n".join([*blocks, f"{remarks}host {_word(name)} {{\n{body}}}\n"])


def remarks_on(machine: MachineFacts, cards: tuple[Gpu, ...]) -> Iterator[str]:
    """Yield what else was found out, a line each, and what already serves."""
    if machine.distribution:
        version = f"glibc {machine.glibc}" if machine.glibc else "an unknown C library"
        yield f"{machine.distribution.name or machine.distribution.id}, {version}"
    for driver in machine.drivers:
        api = f", up to CUDA {driver.api}" if driver.api else ""
        yield f"{driver.vendor} driver {driver.version or 'of unknown version'}{api}"
        if driver.agrees is False:
            yield f"its libraries are {driver.library}: reboot before anything else"
    for toolkit in machine.toolkits:
        yield f"{toolkit.kind} {toolkit.version} of the {toolkit.origin}: {toolkit.path}"
    if machine.compilers:
        found = ", ".join(f"{each.name} {each.version}" for each in machine.compilers)
        yield f"compilers: {found}"
    yield from _of_cards(machine, cards)
    for each in machine.serving:
        port = f", port {each.port}" if each.port else ""
        yield f"already serves: {each.kind} {each.name}{port} ({each.detail})"
    for unknown in machine.unknown:
        yield f"not known: {unknown.part}: {unknown.reason}"


def _of_cards(machine: MachineFacts, cards: tuple[Gpu, ...]) -> Iterator[str]:
    for gpu in machine.gpus:
        shown = f"{gpu.name or gpu.arch or gpu.vendor} at {gpu.pci or gpu.uuid}"
        if gpu.trouble:
            yield f"{shown}: {gpu.trouble}"
        elif gpu not in cards:
            yield f"{shown} is part of the processor, and not among the gpus"
        elif gpu.vram is None:
            yield f"{shown} does not say how much memory it has: set vram"


def _distribution(machine: MachineFacts) -> list[str]:
    """Return the line by which builds are checked, if the host says what it is in a usual form."""
    system = machine.distribution
    found = f"{system.id}-{system.version}" if system and system.version else ""
    return [f'    distribution = "{found}"'] if _DISTRIBUTION.fullmatch(found) else []


def _cards(machine: MachineFacts) -> tuple[Gpu, ...]:
    """Return the cards that a fleet file lists: no part of a processor beside a real card."""
    usable = tuple(gpu for gpu in machine.gpus if not (gpu.module or "").startswith("vfio"))
    return tuple(gpu for gpu in usable if not gpu.integrated) or usable


def _kind(gpu: Gpu, known: dict[str, str]) -> tuple[str, str, bool]:
    """Return the name of a card's block, its body, and True if it is the first of its kind."""
    memory = f"{gpu.vram // gpu.parts >> 20}MiB" if gpu.vram else ""
    body = f"    vendor = {gpu.vendor}\n"
    body += f"    arch   = {gpu.arch}\n" if gpu.arch and re.fullmatch(r"[\w-]+", gpu.arch) else ""
    body += f"    vram   = {memory}\n" if memory else ""
    short = _word(_MAKERS.sub(" ", (gpu.name or "").lower()).strip(), "")
    kind = short or _word(f"{gpu.vendor}-{gpu.arch or gpu.device or 'card'}")
    for name in (kind, f"{kind}-{memory.lower()}" if memory else kind, f"{kind}-{gpu.arch}"):
        if known.get(name, body) == body:
            first = name not in known
            known[name] = body
            return name, body, first
    return kind, body, False


def _ids(cards: tuple[Gpu, ...]) -> list[str]:
    """Return the names of several cards: as remarks where they differ from backend to backend."""
    if len(cards) < 2 or any(gpu.parts > 1 for gpu in cards):
        return []
    ids = [gpu.uuid for gpu in cards if gpu.uuid and _UUID.fullmatch(gpu.uuid)]
    complete = len(ids) == len(cards)
    if complete and all(gpu.vendor == "nvidia" for gpu in cards):
        return _listed("gpu-ids", [_quoted(each) for each in ids])
    places = [_quoted(gpu.pci) for gpu in cards if gpu.pci]
    lines = (
        [f"    # gpu-ids = [{', '.join(map(_quoted, ids))}] for cuda and hip"] if complete else []
    )
    if len(places) == len(cards):
        lines.append(f"    # gpu-ids = [{', '.join(places)}] for vulkan")
    return lines


def _listed(key: str, items: list[str]) -> list[str]:
    """Return a list on one line, or with an item a line where `llamafleet fmt` would break it."""
    line = f"    {key} = [{', '.join(items)}]"
    if len(line) <= _WIDTH:
        return [line]
    return [f"    {key} = [", *(f"        {each}," for each in items), "    ]"]


def _disk(machine: MachineFacts) -> list[str]:
    """Return the line with what is free where weights go: on the file system of that folder."""
    own = [
        disk for disk in machine.disks if f"{MODELS_DIR}/".startswith(f"{disk.path.rstrip('/')}/")
    ]
    if not own:
        return []
    disk = max(own, key=lambda each: len(each.path))
    return [f"    disk    = {disk.free >> 30}GiB  # free now on {_plain(disk.path)}"]


def _word(text: str, otherwise: str = "host") -> str:
    """Return a text as a name of the fleet language."""
    word = re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")
    if not word:
        return otherwise
    return word if word[0].isalpha() else f"{otherwise or 'card'}-{word}"


def _quoted(text: str) -> str:
    return '"' + re.sub(r'["\\]', "", _plain(text)) + '"'


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
