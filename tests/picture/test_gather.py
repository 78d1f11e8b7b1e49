"""What a picture shows of a fleet: everything that may be in a memory at a time, and no more."""

from __future__ import annotations

from dataclasses import replace

from llamafleet.capacity.footprint import Footprints
from llamafleet.capacity.footprint.overfull import overfull
from llamafleet.picture import gather
from llamafleet.picture.contents import OVER, TIGHT, UNKNOWN, Block, Contents
from tests.picture.fleets import HEAD, NAMES, example, fleet_of, many

GIB = 1 << 30


def shown(name: str, *, known: bool = True) -> Contents:
    """An example's contents."""
    fleet = example(name, known=known)
    return gather(fleet, Footprints(fleet), name)


def block(contents: Contents, service: str) -> Block:
    """A service's block on the first host that has it."""
    found = (each for host in contents.hosts for each in host.blocks)
    return next(each for each in found if each.service == service)


def test_each_set_is_a_state_with_its_models() -> None:
    voice = block(shown("voice_matrix"), "voice")
    assert [(s.word, s.name, [c.name for c in s.chips]) for s in voice.states] == [
        ("set", "voice", ["chat-small", "think-small"]),
        ("set", "coding", ["think-big"]),
    ]
    zero, one = voice.states[0].bars
    assert [stack.name for stack in zero.stacks] == ["chat-small", "think-small"]
    assert [stack.name for stack in one.stacks] == ["think-small"]
    assert {part.kind for part in zero.stacks[0].parts} >= {"weights", "kv", "compute", "driver"}


def test_sums_are_those_of_the_footprints() -> None:
    fleet = example("voice_matrix")
    footprints = Footprints(fleet)
    voice = block(gather(fleet, footprints, ""), "voice")
    for state, together in zip(voice.states, footprints.together("voice", "dotty"), strict=True):
        assert [bar.used for bar in state.bars] == [together.bytes_on(0), together.bytes_on(1)]


def test_processes_of_a_card_each_are_on_their_cards() -> None:
    contents = shown("p40_cluster")
    for host in contents.hosts:
        [state] = host.blocks[0].states
        assert state.chips[0].processes == 2
        assert [len(bar.stacks) for bar in state.bars] == [1, 1]
    [frontend] = contents.hosts[0].frontends
    assert [(target.host, len(target.addresses)) for target in frontend.targets] == [
        ("p40-a", 2),
        ("p40-b", 2),
    ]


def test_weights_of_which_only_the_size_is_known_say_that_it_is_a_rule_of_thumb() -> None:
    contents = shown("p40_cluster", known=False)
    [state] = contents.hosts[0].blocks[0].states
    [stack] = state.bars[0].stacks
    assert stack.known
    assert stack.margin > stack.size // 10
    assert "only the size of its weights is known: rule of thumb, ±" in stack.title


def test_without_a_lock_sizes_are_unknown_and_a_way_out_is_told() -> None:
    fleet = example("p40_cluster", known=False)
    ggufs = {name: replace(each, size=None) for name, each in fleet.ggufs.items()}
    fleet = replace(fleet, ggufs=ggufs)
    contents = gather(fleet, Footprints(fleet), "p40_cluster")
    [state] = contents.hosts[0].blocks[0].states
    assert state.verdict == UNKNOWN
    assert [[stack.known for stack in bar.stacks] for bar in state.bars] == [[""], [""]]
    title = state.bars[0].stacks[0].title
    assert 'gguf "qwen3-32b" is not in fleet.lock' in title
    assert "llamafleet lock" in title


def test_a_host_without_cards_shows_its_memory() -> None:
    voice = block(shown("sandbox"), "voice")
    assert all([bar.name for bar in state.bars] == ["RAM"] for state in voice.states)
    assert all(state.bars[0].stacks for state in voice.states)


def test_what_other_services_hold_is_beside() -> None:
    fleet = many(1)
    contents = gather(fleet, Footprints(fleet), "")
    [always] = block(contents, "workers-of-all").states
    assert all(stack.hue is not None for bar in always.bars for stack in bar.stacks)
    [worker] = always.bars[1].stacks
    for state in block(contents, "swap-0").states:
        assert [s.size for s in state.bars[1].stacks if s.hue is None] == [worker.size]


def test_verdicts_are_those_of_the_rule() -> None:
    fleet = many(4)
    footprints = Footprints(fleet)
    contents = gather(fleet, footprints, "")
    for panel, host in zip(contents.hosts, fleet.hosts.values(), strict=True):
        reported = {
            (each.service.name, each.combination.name, each.combination.models): each.certain
            for each in overfull(footprints, host)
        }
        for found in panel.blocks:
            for state in found.states:
                key = (found.service, state.name, tuple(chip.name for chip in state.chips))
                if state.verdict == OVER:
                    worst = {name[:2] for name in reported}
                    assert key in reported or key[:2] in worst
                if key in reported:
                    assert state.verdict in (OVER, TIGHT)


WIDE = """\
host h {{
    gpus = [rtx-3090]
}}
{models}
llama-swap s {{
    host   = h
    build  = cuda
    models = [{names}]
    matrix {{
        set any = ({names_or}) & ({names_or})
    }}
}}
"""


def test_of_very_many_combinations_the_fullest_are_drawn() -> None:
    names = [f"m{n}" for n in range(9)]
    models = "".join(
        f"model {name} {{\n    gguf = small\n    ctx-size = {2048 * (n + 1)}\n}}\n"
        for n, name in enumerate(names)
    )
    text = HEAD + 'gguf small {\n    path = "/m/x.gguf"\n}\n'
    text += WIDE.format(models=models, names=", ".join(names), names_or=" | ".join(names))
    fleet = fleet_of(text, {"small": "qwen3-4b"})
    found = block(gather(fleet, Footprints(fleet), ""), "s")
    assert len(found.states) == 4
    assert "41 combinations" in found.more
    assert {"m8", "m7"} in [{chip.name for chip in state.chips} for state in found.states]


def test_every_example_can_be_drawn() -> None:
    for name in NAMES:
        for known in (True, False):
            assert shown(name, known=known).hosts
