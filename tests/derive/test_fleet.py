"""`sets = auto` and `evict-cost = auto` in a fleet file: what the rendered matrix says then."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

import pytest

from llamafleet.capacity.derive.summary_line import summary_line
from llamafleet.compiler import Compiled, compile_file, compile_text
from llamafleet.fleet.matrix import Matrix
from llamafleet.targets.swap.block import LlamaSwap
from tests.derive.example_lock import EXAMPLE, text

CARDS = """\
fleet 1
gpu rtx-3090 {
    vendor = nvidia
    arch   = sm_86
    vram   = 24GiB
}
build main {
    ref     = "b11434"
    backend = cuda
}
gguf small {
    path = "/models/small.gguf"
}
"""
HOST = """\
host box {
    gpus = [rtx-3090, rtx-3090]
}
"""

Sizes = Mapping[str, tuple[int, int | None]]
"""GiB of a model, and its card; None is both."""

SIX: Sizes = {
    "chat": (10, 0),
    "think": (20, 0),
    "voice": (6, 1),
    "code": (17, 1),
    "vision": (6, 1),
    "huge": (40, None),
}


def models(sizes: Sizes) -> str:
    found = ""
    for name, (size, card) in sizes.items():
        pinned = "" if card is None else f"    gpus = [{card}]\n"
        found += f'model "{name}" {{\n    gguf = small\n    vram = {size}GiB\n{pinned}}}\n'
    return found


def swap(names: Sequence[str], matrix: str = "sets = auto", more: str = "", name: str = "s") -> str:
    listed = ", ".join(f'"{each}"' for each in names)
    return (
        f"llama-swap {name} {{\n    host = box\n    build = main\n    models = [{listed}]\n{more}\n"
        f"    matrix {{\n{matrix}\n    }}\n}}\n"
    )


def fleet(sizes: Sizes = SIX, matrix: str = "sets = auto", more: str = "", host: str = HOST) -> str:
    return CARDS + host + models(sizes) + swap(list(sizes), matrix, more)


def found(text: str, *codes: str) -> Matrix:
    compiled = compile_text(text)
    assert [each.code for each in compiled.diagnostics] == list(codes)
    return matrix_of(compiled)


def matrix_of(compiled: Compiled, name: str = "s") -> Matrix:
    assert compiled.fleet is not None, [each.message for each in compiled.diagnostics]
    service = compiled.fleet.services[name]
    assert isinstance(service, LlamaSwap)
    assert service.matrix is not None
    return service.matrix


def messages(text: str) -> list[str]:
    return [f"{each.code}: {each.message}" for each in compile_text(text).diagnostics]


def test_what_fits_is_one_set() -> None:
    """Cards with models of their own are a product; what takes both cards is beside nothing."""
    matrix = found(fleet())
    assert matrix.expressions() == (
        ("p001.auto", "(chat | think) & (code & (vision | voice) | vision & voice) | huge"),
    )
    assert matrix.costs == ()
    assert summary_line("s", matrix) == (
        "llama-swap s: sets = auto makes 7 combinations: "
        "(chat | think) & (code & (vision | voice) | vision & voice) | huge"
    )


def test_the_order_of_a_file_changes_nothing() -> None:
    """Neither that of the blocks nor that of `models`."""
    want = found(fleet())
    chance = random.Random(5)
    for _ in range(10):
        items = list(SIX.items())
        chance.shuffle(items)
        names = list(SIX)
        chance.shuffle(names)
        matrix = found(CARDS + HOST + models(dict(items)) + swap(names))
        assert matrix.expressions() == want.expressions()
        assert matrix.combinations() == want.combinations()
        assert matrix.handles == want.handles


def test_written_sets_come_first() -> None:
    """They decide ties, and may be referred to; their names are left to them."""
    matrix = found(fleet(matrix="cs = chat\nset auto = cs & voice\nsets = auto"))
    assert [name for name, _ in matrix.expressions()] == ["p001.auto", "p002.auto-2"]
    assert matrix.expressions()[1][1].startswith("(cs | think) & ")
    assert matrix.handles == (("cs", "chat"),)


def test_nobody_is_told_that_ties_are_decided_by_order() -> None:
    """It is llamafleet that orders them, not the author's file."""
    written = found(
        fleet({"a": (10, 0), "b": (10, 0), "c": (10, 0)}, "set x = a & b\nset y = a & c | b & c"),
        "set-tie",
    )
    derived = found(fleet({"a": (10, 0), "b": (10, 0), "c": (10, 0)}))
    assert len(written.combinations()) == 2
    assert derived.expressions() == (("p001.auto", "a & (b | c) | b & c"),)


@pytest.mark.parametrize(
    ("version", "handles", "expression"),
    [
        ("v250", (("qwen-x-7b", "qwen/x:7b"),), "a & qwen-x-7b"),
        ("v242", (("m1", "a"), ("m2", "qwen/x:7b")), "m1 & m2"),
    ],
)
def test_ids_that_cannot_stand_in_a_set_get_handles(
    version: str, handles: tuple[tuple[str, str], ...], expression: str
) -> None:
    text = fleet({"a": (1, 0), "qwen/x:7b": (1, 0)}, more=f'    version = "{version}"')
    matrix = found(text)
    assert matrix.handles == handles
    assert matrix.expressions() == (("p001.auto", expression),)


def test_a_made_up_handle_is_nobody_s_name() -> None:
    """`a b` cannot be told as a-b where that is another model."""
    matrix = found(fleet({"a b": (1, 0), "a-b": (2, 0), "ü": (3, 0), "²": (4, 0)}))
    assert matrix.handles == (("m1", "a b"), ("m2", "²"), ("m3", "ü"))
    assert matrix.expressions() == (("p001.auto", "m1 & a-b & m2 & m3"),)


@pytest.mark.parametrize(
    ("host", "beside"),
    [
        ("host box {\n    gpus = [rtx-3090]\n    gpu-reserved = [5GiB]\n}\n", ""),
        (
            "host box {\n    gpus = [rtx-3090]\n}\n",
            "model always {\n    gguf = small\n    vram = 5GiB\n}\n"
            "llama-server always {\n    host = box\n    build = main\n    model = always\n}\n",
        ),
        (
            "host box {\n    gpus = [rtx-3090]\n}\n",
            "model other {\n    gguf = small\n    vram = 5GiB\n}\n"
            "model more {\n    gguf = small\n    vram = 3GiB\n}\n"
            "llama-swap other {\n    host = box\n    build = main\n    models = [other, more]\n"
            '    listen = "127.0.0.1:8081"\n}\n',
        ),
    ],
    ids=["reserved", "always", "another llama-swap"],
)
def test_what_others_have_is_not_there(host: str, beside: str) -> None:
    sizes: Sizes = {"a": (10, 0), "b": (10, 0)}
    alone = fleet(sizes, host="host box {\n    gpus = [rtx-3090]\n}\n")
    assert found(alone).expressions() == (("p001.auto", "a & b"),)
    assert matrix_of(compile_text(fleet(sizes, host=host) + beside)).expressions() == (
        ("p001.auto", "a | b"),
    )


def test_models_of_whom_nothing_is_known_run_alone() -> None:
    """With a warning that names the way out; so does one that is too large for its card."""
    text = fleet({"a": (1, 0), "b": (1, 0), "x": (9, 0)})
    text = text.replace('"x" {\n    gguf = small\n    vram = 9GiB', '"x" {\n    gguf = small')
    matrix = found(text, "vram-unknown")
    assert matrix.expressions() == (("p001.auto", "a & b"), ("p002.auto-alone", "x"))
    too_large = matrix_of_broken(fleet({"a": (1, 0), "x": (30, 0)}))
    assert "error: vram-overcommit" in too_large


def matrix_of_broken(text: str) -> list[str]:
    return [f"{each.severity.value}: {each.code}" for each in compile_text(text).diagnostics]


def test_two_that_take_what_is_left_of_a_card_are_told() -> None:
    first = swap(["a"], name="s")
    second = swap(["b"], name="t", more='    listen = "127.0.0.1:8081"')
    base = CARDS + HOST
    shared = base + models({"a": (1, 0), "b": (1, 0)}) + first + second
    assert messages(shared)[0] == (
        'conflicting-keys: llama-swap "s" and "t" both take what is left of GPU 0 of host "box"'
    )
    apart = compile_text(base + models({"a": (1, 0), "b": (1, 1)}) + first + second)
    assert not apart.diagnostics
    assert matrix_of(apart, "t").expressions() == (("p001.auto", "b"),)


def test_cards_that_do_not_say_what_they_have() -> None:
    text = fleet().replace("    vram   = 24GiB\n", "")
    assert messages(text) == ['missing-key: sets = auto needs the memory of gpu "rtx-3090"']


def test_too_many_combinations_are_an_error() -> None:
    """An older llama-swap takes 1000."""
    sizes: Sizes = {f"m{number}": (4, 0) for number in range(14)}
    assert len(found(fleet(sizes)).combinations()[0][1]) == 3003
    assert messages(fleet(sizes, more='    version = "v243"')) == [
        "matrix-too-large: 14 models can be combined in more than 1000 ways"
    ]
    many: Sizes = {f"m{number}": (2, 0) for number in range(30)}
    assert messages(fleet(many)) == [
        "matrix-too-large: 30 models can be combined in more than 100000 ways"
    ]


SPILLS = """\
    selector both {
        strategy = spillover
        targets  = [chat, think]
    }"""


def test_a_selector_that_spills_over_is_held_against_what_was_derived() -> None:
    assert messages(fleet(more=SPILLS)) == [
        'conflicting-keys: selector "both" spills over to models that never run together'
    ]
    assert messages(fleet(more=SPILLS.replace("think", "voice"))) == []


def test_costs_follow_the_weights() -> None:
    """A second to start, and a GiB a second; a tenth of a second is 1."""
    text = fleet({"a": (1, 0), "b": (1, 0), "c": (1, 0)}, "sets = auto\nevict-cost = auto")
    sized = re.sub(r"gguf small \{\n", "gguf small {\n    size = 2GiB\n", text)
    assert found(sized).costs == (), "equal costs say nothing"
    large = 'gguf large {\n    path = "/models/large.gguf"\n    size = 20GiB\n}\n'
    with_large = sized.replace('"b" {\n    gguf = small', '"b" {\n    gguf = large') + large
    assert found(with_large).costs == (("a", 30), ("b", 210), ("c", 30))
    own = with_large.replace("sets = auto", "sets = auto\nevict-cost {\n    c = 500\n}")
    assert found(own).costs == (("a", 30), ("b", 210), ("c", 500))


def test_costs_may_be_derived_beside_written_sets() -> None:
    text = fleet({"a": (1, 0), "b": (2, 0)}, "set x = a & b\nevict-cost = auto")
    large = 'gguf large {\n    path = "/models/large.gguf"\n    size = 20GiB\n}\n'
    text = text.replace('"b" {\n    gguf = small', '"b" {\n    gguf = large') + large
    assert found(text).costs == (("a", 20), ("b", 210))


def test_auto_is_the_only_word() -> None:
    assert messages(fleet(matrix="sets = all"))[0].startswith("wrong-type: ")
    assert messages(fleet(matrix="sets = chat"))[0].startswith("wrong-type: ")
    assert messages(fleet(matrix="evict-cost = auto"))[0] == (
        "missing-key: this matrix has no sets"
    )


def test_the_lock_of_the_example_is_that_of_its_shapes() -> None:
    """What it derives is not from numbers that nobody can make again."""
    assert (EXAMPLE / "fleet.lock").read_text(encoding="utf-8") == text()
    compiled = compile_file(EXAMPLE / "fleet.fleet")
    assert matrix_of(compiled, "attic").expressions() == (
        ("p001.auto", "think | draft & (chat | fast) & (code | reason)"),
    )
