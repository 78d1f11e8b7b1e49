"""A picture's contents made by hand, with everything that can be in one, and odd names for it."""

from __future__ import annotations

from dataclasses import replace

from llamafleet.capacity.footprint import Part
from llamafleet.picture.contents import (
    Bar,
    Block,
    Chip,
    Contents,
    Frontend,
    HostPanel,
    ProxyTarget,
    Stack,
    State,
)

GIB = 1 << 30
MIB = 1 << 20


def stack(name: str, hue: int | None, *parts: tuple[str, int]) -> Stack:
    """A process of which the parts are known."""
    return Stack(name, tuple(Part(*each) for each in parts), "estimated", f"{name}, known", hue)


CHAT = stack(
    "chat", 0, ("weights", 5 * GIB), ("kv", 2 * GIB), ("compute", 600 * MIB), ("driver", 300 * MIB)
)
BIG = stack("big", 1, ("weights", 9 * GIB), ("kv", 3 * GIB), ("compute", 400 * MIB))
STATES = stack("states", 2, ("weights", 1 * GIB), ("recurrent", 5 * GIB), ("compute", 3 * GIB))
ODD_ONE = stack("odd", 3, ("weights", 1 * GIB), ("compute", 6 * GIB), ("driver", 5 * GIB))
GROWS = stack("grows", 7, ("weights", GIB), ("other", 8 * GIB))
WRITTEN = stack("written", 4, ("whole", 4 * GIB))
BESIDE = stack("worker", None, ("whole", 4 * GIB))
BLIND = Stack("blind", (), "", "blind, unknown: nobody said", 5, why="nobody said")
ROUGH = replace(BIG, name="rough", hue=6, margin=GIB)


def bar(index: int, capacity: int | None, *stacks: Stack, reserved: int = 0) -> Bar:
    """A card."""
    return Bar(f"GPU {index}", "rtx-3060", capacity, reserved, stacks)


def ram(capacity: int | None, *stacks: Stack, slim: bool = True) -> Bar:
    """A host's memory."""
    return Bar("RAM", "", capacity, GIB, stacks, ram=True, slim=slim)


def state(name: str, *bars: Bar) -> State:
    """A set with the models of its bars."""
    stacks = {s.name: s for each in bars for s in each.stacks if s.hue is not None}
    chips = tuple(
        Chip(s.name, s.hue or 0, 2 if s.name == "chat" else 1, s.size if s.known else None, s.title)
        for s in stacks.values()
    )
    return State("set", name, chips, bars)


EVERYTHING = Contents(
    "everything",
    "4 hosts · 7 GPUs with 96 GiB · 8 models",
    (
        HostPanel(
            "alpha", "192.0.2.1", "2 × rtx-3060 · 64 GiB RAM",
            (
                Frontend("front", "nginx", "0.0.0.0:80", "work", (
                    ProxyTarget("alpha", "work", ("127.0.0.1:8080",)),
                    ProxyTarget("beta", "work", ("192.0.2.2:8080",)),
                )),
                Frontend("outer", "nginx", "0.0.0.0:443", "front", (
                    ProxyTarget("alpha", "front", ("127.0.0.1:80",)),
                )),
                Frontend("nowhere", "nginx", "0.0.0.0:81", "nobody", ()),
            ),
            (
                Block("work", "llama-swap", "0.0.0.0:8080", (
                    state("daily", bar(0, 12 * GIB, CHAT, WRITTEN), bar(1, 12 * GIB, STATES),
                          ram(64 * GIB, CHAT, BIG, GROWS)),
                    state("large", bar(0, 12 * GIB, BIG, CHAT, BESIDE, reserved=GIB),
                          bar(1, 12 * GIB, ODD_ONE, BESIDE), ram(16 * GIB, BIG, BIG)),
                ), "and 94 combinations more, none fuller than these"),
                Block("other", "llama-server", "0.0.0.0:9000 to 9001", (
                    state("always", bar(0, 24 * GIB, ROUGH, ROUGH, BLIND),
                          bar(1, None, CHAT, BLIND)),
                )),
            ),
            (),
        ),
        HostPanel(
            "beta", "", "", (),
            (Block("work", "llama-swap", "",
                   (state("", ram(None, CHAT, GROWS, BLIND, slim=False)),)),), (),
        ),
        HostPanel("gamma", "g.example.org", "2 × rtx-3060", (), (),
                (bar(0, 12 * GIB), bar(1, 12 * GIB, reserved=12 * GIB), ram(8 * GIB))),
        HostPanel("delta", "delta.example.org", "", (), (), ()),
    ),
)  # fmt: skip

ODD = (
    "</text><script>alert(1)</script>",
    "&amp; ]]> <!-- \" ' `",
    "größe-ЖЖЖЖЖ-Ǆ",
    "模型模型模型模型模型",
    "👩‍👩‍👧‍👦🏳️‍🌈😀",
    "العربية-שלום",
    "﷽﷽﷽",
    "W" * 100,
    "i" * 100,
    "a\u0301\u0302\u0303b",
    "\x00\x01\x1b\ufffe\ud800",
    "a\tb\nc\r d  e",
    "‮reversed",
)


def renamed(contents: Contents, names: tuple[str, ...]) -> Contents:
    """The same with every text replaced by one of the names in turn."""
    count = 0

    def name() -> str:
        nonlocal count
        count += 1
        return names[count % len(names)]

    def bar_(each: Bar) -> Bar:
        stacks = tuple(replace(s, name=name(), title=name(), why=name()) for s in each.stacks)
        return replace(each, name=name(), what=name() if each.what else "", stacks=stacks)

    def state_(each: State) -> State:
        chips = tuple(replace(chip, name=name(), title=name()) for chip in each.chips)
        return replace(each, name=name(), chips=chips, bars=tuple(map(bar_, each.bars)))

    def block_(each: Block) -> Block:
        states = tuple(map(state_, each.states))
        return replace(each, kind=name(), listens=name(), states=states, more=name())

    def host_panel(each: HostPanel) -> HostPanel:
        return replace(
            each,
            address=name(),
            hardware=name(),
            frontends=tuple(
                replace(frontend, listens=name(), kind=name()) for frontend in each.frontends
            ),
            blocks=tuple(map(block_, each.blocks)),
            idle=tuple(map(bar_, each.idle)),
        )

    return Contents(name(), name(), tuple(map(host_panel, contents.hosts)))
