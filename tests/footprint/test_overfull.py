"""Cards that hold too little, and what would help: each way named is tried again from scratch."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from llamafleet.capacity.footprint import Footprints
from llamafleet.capacity.footprint.overfull import Overfull, overfull
from llamafleet.capacity.footprint.remedies import Remedy, find_remedies
from llamafleet.compiler import compile_text
from tests.footprint.fleets import HEAD, fleet_of

W = {"llama": "llama-3.1-8b", "gemma": "gemma-3-27b", "moe": "qwen3-30b-a3b"}


def box(cards: str, models: str, sets: str) -> str:
    names = ", ".join(re.findall(r"^model (\S+)", models, re.M))
    matrix = f"    matrix {{\n        {sets}\n    }}\n" if sets else ""
    return (
        f"host box {{\n    gpus = [{cards}]\n}}\n{models}"
        f"llama-swap s {{\n    host = box\n    build = cuda\n    models = [{names}]\n{matrix}}}\n"
    )


def model(name: str, gguf: str, *lines: str) -> str:
    return f"model {name} {{\n    gguf = {gguf}\n" + "".join(f"    {x}\n" for x in lines) + "}\n"


def found_in(text: str) -> tuple[Footprints, list[Overfull]]:
    footprints = Footprints(fleet_of(text, W))
    return footprints, list(overfull(footprints, footprints.fleet.hosts["box"]))


CHAT = model("chat", "llama", "ctx-size = 32768", "gpus = [0]")
LONG = model("long", "llama", "ctx-size = 65536")
SPLIT = model("split", "llama", "ctx-size = 65536", "tensor-split = [3, 1]")
MOE = model("moe", "moe", "ctx-size = 32768", "gpus = [0]")
PIN = model("pinned", "llama", "ctx-size = 49152", "gpus = [0]")

TOO_MUCH = [
    ("small, small", CHAT + LONG, "set both = chat & long"),
    ("small, small", CHAT + SPLIT, "set both = chat & split"),
    ("small, small", PIN + CHAT, "set both = pinned & chat"),
    ("small", MOE, ""),
    ("small", model("big", "gemma", "ctx-size = 8192"), ""),
    ("small, small", model("big", "gemma", "ctx-size = 131072"), ""),
]


def written(models: str, way: Remedy) -> str:
    """The models with a way out written into the one that it is for."""
    lines = []
    for part in way.change.split(" and "):
        key, value = part.split(" = ")
        lines.append(f"{key} = {value}")
    keys = "|".join(line.split(" = ")[0] for line in lines)
    blocks = re.split(r"(?=^model )", models, flags=re.M)
    return "".join(
        re.sub(rf"^    ({keys}) = .*\n", "", each, flags=re.M).replace(
            "\n}", "\n" + "".join(f"    {line}\n" for line in lines) + "}", 1
        )
        if each.startswith(f"model {way.model} ")
        else each
        for each in blocks
    )


@pytest.mark.parametrize(("cards", "models", "sets"), TOO_MUCH)
def test_every_way_out_is_one(cards: str, models: str, sets: str) -> None:
    footprints, found = found_in(box(cards, models, sets))
    assert found
    ways = list(find_remedies(footprints, found[0]))
    assert ways
    for way in ways:
        if not way.change.startswith("a quant"):
            _, still = found_in(box(cards, written(models, way), sets))
            assert not still, way


def test_the_context_is_the_longest_that_fits() -> None:
    models = model("big", "gemma", "ctx-size = 131072")
    footprints, (first, *_) = found_in(box("card", models, ""))
    (way,) = [w for w in find_remedies(footprints, first) if w.change.startswith("ctx-size")]
    size = int(way.change.split(" = ")[1])
    for longer, fits in ((size, True), (size + 1024, False)):
        changed = models.replace("131072", str(longer))
        _, still = found_in(box("card", changed, ""))
        assert (not still) is fits


def test_what_starts_last_goes_where_memory_is_free() -> None:
    # Alone each takes half of both cards; after `chat` the first card is nearly full.
    chat = model("chat", "llama", "ctx-size = 49152", "gpus = [0]")
    _, found = found_in(box("small, small", chat + LONG, "set both = chat & long"))
    by_card = {each.card: each for each in found}
    assert by_card[0].last is None
    footprints = Footprints(fleet_of(box("small, small", chat + LONG, ""), W))
    (first,) = footprints.of("s", "long", "box")
    (last,) = footprints.variant(
        "s", footprints.fleet.models["long"], "box", free=(2 << 30, 12 << 30)
    )
    assert last.bytes_on(0) < first.bytes_on(0)
    assert last.bytes_on(1) > first.bytes_on(1)


def test_what_always_runs_is_beside_every_model_and_said_once() -> None:
    text = box("card", model("chat", "gemma", "ctx-size = 8192"), "")
    text += model("embed", "llama", "ctx-size = 32768")
    server = "llama-server always {{\n    host = box\n    build = cuda\n    model = embed\n{}}}\n"
    _, found = found_in(text + server.format(""))
    assert [each.service.name for each in found] == ["s"]
    assert [each.name for each in found[0].beside] == ["always"]
    _, found = found_in(text + server.format("    replicas = 4\n"))
    assert [each.service.name for each in found] == ["always"]


def test_beyond_the_margin_is_an_error_and_within_a_warning() -> None:
    text = box("card", model("chat", "llama", "ctx-size = 8192"), "")
    footprints = Footprints(fleet_of(text, W))
    (one,) = footprints.of("s", "chat", "box")
    needs, off = one.bytes_on(0), one.margin_on(0)
    assert off > 0
    for room, severity in (
        (needs + off, None),
        (needs + off // 2, False),
        (needs - off // 2, False),
        (needs - off - 1, True),
    ):
        host = replace(footprints.fleet.hosts["box"], gpu_reserved=((24 << 30) - room,))
        limited = Footprints(replace(footprints.fleet, hosts={"box": host}))
        found = list(overfull(limited, host))
        assert [each.certain for each in found] == ([] if severity is None else [severity])


def test_alike_hosts_are_one_finding() -> None:
    hosts = "".join(f"host h{each} {{\n    gpus = [small]\n}}\n" for each in range(50))
    names = ", ".join(f"h{each}" for each in range(50))
    text = (
        f'{hosts}model m {{\n    command = ["x"]\n    vram = 20GiB\n}}\n'
        f"llama-server s {{\n    hosts = [{names}]\n    model = m\n}}\n"
    )
    said = [each for each in compile_text(HEAD + text).diagnostics if "vram" in each.code]
    (one,) = said
    assert "and 49 similar hosts" in one.message
