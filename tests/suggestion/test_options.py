"""What `suggest` searches is really the most, held against trying everything."""

from __future__ import annotations

import pytest

from llamafleet.capacity.footprint import Footprints
from llamafleet.capacity.footprint.changed import with_flags, with_split
from llamafleet.capacity.suggestion import Search, beside, suggestions
from llamafleet.fleet.model import Model
from tests.footprint.fleets import fleet_of

GIB = 1 << 30
FLEET = """\
host box {
    gpus = [card, small]
    ram  = 64GiB
}
model wide {
    gguf     = dense
    parallel = 4
}
model moe {
    gguf = experts
    gpus = [0]
}
model always {
    gguf     = dense
    ctx-size = 4096
    gpus     = [1]
}
model plain {
    gguf       = dense
    flash-attn = off
    gpus       = [0]
}
llama-swap s {
    host   = box
    build  = cuda
    models = [wide, moe, plain]
    matrix {
        set both  = wide & plain
        set other = moe & plain
    }
}
llama-server always {
    host   = box
    build  = cuda
    model  = always
    listen = "127.0.0.1:9000"
}
"""


@pytest.fixture(scope="module")
def footprints() -> Footprints:
    return Footprints(fleet_of(FLEET, {"dense": "llama-3.1-8b", "experts": "qwen3-30b-a3b"}))


def search(footprints: Footprints, name: str, *left: int | None) -> Search:
    return Search(footprints, "s", "box", footprints.fleet.models[name], left)


def fits(asked: Search, model: Model) -> bool:
    takes = asked.takes(model)
    return takes is not None and min(asked.spare(takes)) >= 0


def test_no_split_has_room_for_a_longer_context(footprints: Footprints) -> None:
    asked = search(footprints, "wide", 6 * GIB, 9 * GIB, None)
    options, short = suggestions(asked)
    assert [each.cache_type for each in options] == ["f16", "q8_0", "q4_0"]
    assert not short
    assert asked.unit == 1024, "four slots, each a multiple of 256"
    for option in options:
        assert fits(asked, option.model)
        assert option.ctx_size == 4 * option.per_slot
    longer = with_flags(options[0].model, ctx_size=str(options[0].ctx_size + asked.unit))
    assert not any(fits(asked, with_split(longer, [at, 33 - at])) for at in range(34))


def test_with_a_layer_of_experts_less_it_does_not_fit(footprints: Footprints) -> None:
    asked = search(footprints, "moe", 16 * GIB, 0, None)
    options, _ = suggestions(asked)
    assert options
    least = next(each for each in options if each.ctx_size == asked.most)
    fewer = with_flags(least.model, n_cpu_moe=str(least.cpu_moe - 1))
    assert fits(asked, least.model)
    assert not fits(asked, fewer)


def test_memory_of_the_host_counts(footprints: Footprints) -> None:
    """Experts can only go where there is room for them."""
    assert suggestions(search(footprints, "moe", 8 * GIB, 0, 64 * GIB))[0]
    options, short = suggestions(search(footprints, "moe", 8 * GIB, 0, 4 * GIB))
    assert not options
    assert {place for each in short for place, _ in each.missing} == {2}


def test_values_are_not_quantised_without_flash_attention(footprints: Footprints) -> None:
    options, _ = suggestions(search(footprints, "plain", 20 * GIB, 0, None))
    assert [each.cache_type for each in options] == ["f16"]


def test_what_is_beside(footprints: Footprints) -> None:
    """By default all that may be, and what always runs; it can be said otherwise."""
    service = footprints.fleet.services["s"]
    assert beside(footprints, service, "wide", "box").names == ("always", "plain")
    assert beside(footprints, service, "plain", "box").names == ("always", "moe", "wide")
    named = beside(footprints, service, "plain", "box", ["moe"])
    assert named.names == ("always", "moe")
    assert beside(footprints, service, "plain", "box", []).names == ("always",)
    assert beside(footprints, service, "plain", "box", None, "both").names == ("always", "wide")
    moe = footprints.of("s", "moe", "box")[0]
    assert named.taken[0] == moe.bytes_on(0) + moe.margin_on(0)
