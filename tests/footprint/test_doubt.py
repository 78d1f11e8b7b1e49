"""What only a rule of thumb tells: it is said, and nothing exact-looking is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from llamafleet.capacity.footprint import Footprint, Footprints
from llamafleet.capacity.footprint.host_memory import host_memory
from llamafleet.capacity.footprint.overfull import Overfull, overfull
from llamafleet.capacity.footprint.remedies import find_remedies
from llamafleet.compiler import compile_text
from llamafleet.fleet.model import Fleet
from llamafleet.rules import findings
from llamafleet.rules.context import RuleContext
from tests.footprint.fleets import HEAD, facts, fleet_of

GIB = 1 << 30

SERVED = """\
host box {{
    gpus = [{cards}]
    ram  = {ram}
}}
gguf big {{
    path = "/m/big.gguf"
{size}
}}
model chat {{
    gguf     = big
    parallel = 1
{keys}
}}
llama-swap main {{
    host   = box
    build  = cuda
    models = [chat]
}}
"""


def served(
    size: str = "",
    keys: str = "    ctx-size = 8192",
    cards: str = "card",
    ref: str = "b11434",
    ram: str = "64GiB",
) -> Fleet:
    """A fleet of one model; without a lock."""
    text = SERVED.format(cards=cards, size=f"    size = {size}" if size else "", keys=keys, ram=ram)
    compiled = compile_text(HEAD.replace("b11434", ref) + text)
    assert compiled.resolved is not None, compiled.diagnostics
    return compiled.resolved


def known(fleet: Fleet, shape: str = "llama-3.1-8b", architecture: str = "") -> Fleet:
    """The fleet with a header, of another architecture where one is named."""
    found = facts(shape)
    own = replace(found, architecture=architecture or found.architecture)
    return replace(fleet, facts={"big": own})


def one(fleet: Fleet) -> Footprint:
    (found,) = Footprints(fleet).of("main", "chat", "box")
    return found


def said(fleet: Fleet) -> Mapping[str, str]:
    """What rules say of memory: the message by its code."""
    found = {each.code: each for each in findings(RuleContext(fleet))}
    return {
        code: f"{each.severity}: {each.message}" for code, each in found.items() if "over" in code
    }


def worst(fleet: Fleet) -> Overfull:
    return next(overfull(Footprints(fleet), fleet.hosts["box"]))


def test_a_build_is_seen_by_the_memory_model() -> None:
    modelled, newer = one(known(served())), one(known(served(ref="b99999")))
    assert modelled.doubts == ()
    assert newer.bytes_on(0) == modelled.bytes_on(0)
    assert newer.margin_on(0) > modelled.margin_on(0)
    (doubt,) = newer.doubts
    assert doubt.startswith(
        "build b99999 is newer than b11434, which is modelled: rule of thumb, ±"
    )
    assert one(known(served(ref="some-branch"))).doubts


def test_an_unknown_architecture_is_a_range_with_its_weights_in_it() -> None:
    exact = one(known(served()))
    odd = one(known(served(), architecture="unheard-of"))
    assert odd.margin_on(0) > 4 * exact.margin_on(0)
    assert (
        odd.bytes_on(0) - odd.margin_on(0)
        <= exact.bytes_on(0)
        <= odd.bytes_on(0) + odd.margin_on(0)
    )
    assert "architecture unheard-of is not modelled" in odd.doubts[0]


def test_a_range_that_ends_beyond_the_card_is_a_warning_and_says_why() -> None:
    fleet = known(served(cards="small", keys="    ctx-size = 65536"), architecture="unheard-of")
    assert not worst(fleet).certain
    assert said(fleet)["vram-overcommit"].startswith("warning")
    (found,) = [each for each in findings(RuleContext(fleet)) if each.code == "vram-overcommit"]
    assert any("architecture unheard-of is not modelled" in each.text for each in found.related)


def test_weights_beyond_the_card_are_an_error_whatever_the_rest() -> None:
    fleet = known(served(cards="small"), "gemma-3-27b", architecture="unheard-of")
    assert worst(fleet).certain


def test_a_size_counts_as_weights() -> None:
    found = one(served(size="8GiB"))
    parts = {part.kind: part.size for part in dict(found.cards)[0]}
    assert parts["weights"] == 8 * GIB
    assert parts.keys() == {"weights", "kv", "compute", "driver"}
    (doubt,) = found.doubts
    assert doubt.startswith("only the size of its weights is known: rule of thumb, ±")


@pytest.mark.parametrize(
    ("size", "expected"), [("8GiB", None), ("23GiB", "warning"), ("40GiB", "error")]
)
def test_of_a_size_only_the_middle_and_what_is_certain_count(
    size: str, expected: str | None
) -> None:
    found = said(served(size=size)).get("vram-overcommit")
    assert (found or "None").split(":")[0] == (expected or "None")


def test_without_ctx_size_a_size_says_what_is_missing() -> None:
    found = one(served(size="8GiB", keys=""))
    assert not found.known
    assert "say ctx-size" in found.why


def test_a_thumb_s_doubt_of_main_memory_makes_no_error() -> None:
    keys = "    ctx-size = 65536\n    n-gpu-layers = 0\n    cache-ram = 0"
    fleet = known(served(keys=keys, ram="10GiB"), architecture="unheard-of")
    found = host_memory(Footprints(fleet), fleet.hosts["box"])
    assert found is not None
    assert found.needs - found.margin < found.room < found.needs + found.margin
    assert said(fleet)["ram-overcommit"].startswith("warning")
    assert "±" in said(fleet)["ram-overcommit"]


def test_the_trained_context_is_said_where_a_card_is_too_small() -> None:
    fleet = known(served(cards="small", keys=""))
    (found,) = [each for each in findings(RuleContext(fleet)) if each.code == "vram-overcommit"]
    said = 'in "chat", ctx-size is not set: the whole trained context, 131072 tokens, 16.0 GiB of'
    assert found.hint.startswith(said)
    assert "ctx-size = " in found.hint


def test_what_is_written_is_not_said_to_change_with_flags() -> None:
    fleet = served(cards="small", keys="    vram = 20GiB")
    (found,) = [each for each in findings(RuleContext(fleet)) if each.code == "vram-overcommit"]
    assert found.hint == 'lower the vram of "chat" if it takes less'


BESIDE = """\
host box {{
    gpus = [small, small, small]
    ram  = 64GiB
}}
model split {{
    gguf     = big
    ctx-size = 8192
    parallel = 1
{keys}
}}
model alone {{
    command = ["/opt/asr", "--port", "${{PORT}}"]
    gpus    = [{card}]
    vram    = 12188MiB
}}
llama-swap main {{
    host   = box
    build  = cuda
    models = [split, alone]
    matrix {{
        set both = split & alone
    }}
}}
"""


@pytest.mark.parametrize(
    ("keys", "card", "way"),
    [
        ("    tensor-split = [1, 1, 0]", 2, "gpus = [0, 1] and tensor-split = [1, 1]"),
        ("    tensor-split = [1, 0, 2]", 1, "gpus = [0, 2] and tensor-split = [1, 2]"),
        ("    split-mode = none\n    main-gpu = 2", 0, "gpus = [2] and main-gpu = 0"),
        ("    gpus = [0, 2]\n    split-mode = none", 2, "gpus = [0]"),
    ],
)
def test_a_context_on_a_card_without_a_share_counts_and_is_kept_away(
    keys: str, card: int, way: str
) -> None:
    fleet = fleet_of(BESIDE.format(keys=keys, card=card), {"big": "llama-3.1-8b"})
    found = worst(fleet)
    assert (found.card, found.certain) == (card, True)
    ways = list(find_remedies(Footprints(fleet), found))
    assert [(each.model, each.change) for each in ways][:1] == [("split", way)]


def test_a_card_that_device_leaves_out_is_no_certain_error() -> None:
    text = BESIDE.format(keys="    device = CUDA1", card=0)
    fleet = fleet_of(text, {"big": "llama-3.1-8b"})
    assert not worst(fleet).certain
