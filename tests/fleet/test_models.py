"""`like`, `defaults` and `none`: where each value of a model comes from."""

from __future__ import annotations

from llamafleet.compiler import compile_text
from llamafleet.fleet.model import Fleet, Model

HEAD = """fleet 1

host box {
}

build cpu {
    ref     = "b11434"
    backend = cpu
}

gguf small {
    path = "/models/small.gguf"
}

gguf large {
    path = "/models/large.gguf"
}
"""


def fleet(text: str) -> Fleet:
    """The fleet of these lines and one service that serves every model."""
    names = [line.split()[1] for line in text.splitlines() if line.startswith("model ")]
    service = f"llama-swap s {{\nhost = box\nbuild = cpu\nmodels = [{', '.join(names)}]\n}}\n"
    compiled = compile_text(f"{HEAD}\n{text}\n{service}")
    codes = {each.code for each in compiled.diagnostics}
    assert codes <= {"unused-definition", "context-per-slot"}, [
        each.message for each in compiled.diagnostics
    ]
    assert compiled.fleet is not None
    return compiled.fleet


def model(text: str, name: str = "m") -> Model:
    """One model of these lines."""
    return fleet(text).models[name]


def argv(text: str, name: str = "m") -> list[str]:
    """The flags of one model of these lines, as arguments."""
    return [part for flag in model(text, name).flags for part in flag.argv]


def test_own_words_win_over_like_and_like_over_defaults() -> None:
    """Three layers, nearest first."""
    text = """
defaults model {
    ctx-size  = 1
    parallel  = 1
    threads   = 1
    ttl       = 5m
}
model base {
    gguf      = small
    ctx-size  = 2
    parallel  = 2
}
model m {
    like      = base
    ctx-size  = 3
}
"""
    assert argv(text) == ["--threads", "1", "--ctx-size", "3", "--parallel", "2"]
    assert argv(text, "base") == ["--threads", "1", "--ctx-size", "2", "--parallel", "2"]
    assert model(text).gguf == "small"
    assert model(text).ttl == 300


def test_none_takes_a_key_away() -> None:
    """From `like` and from `defaults`."""
    text = """
defaults model {
    ctx-size = 1
    ttl      = 5m
}
model base {
    gguf         = small
    tensor-split = [1, 1.5]
}
model m {
    like         = base
    tensor-split = none
    ctx-size     = none
    ttl          = none
}
"""
    assert argv(text) == []
    assert model(text).ttl is None
    assert argv(text, "base") == ["--ctx-size", "1", "--tensor-split", "1,1.5"]


def test_none_that_is_a_word_of_upstream_is_that_word() -> None:
    """`split-mode = none` means llama-server's own `none`."""
    text = "defaults model {\nsplit-mode = layer\n}\nmodel m {\ngguf = small\nsplit-mode = none\n}"
    assert argv(text) == ["--split-mode", "none"]


def test_names_are_not_inherited() -> None:
    """Two models cannot share ids."""
    text = """
model base {
    gguf        = small
    aliases     = [gpt]
    name        = "Base"
    description = "The base."
    unlisted    = on
}
model m {
    like = base
}
"""
    found = model(text)
    assert (found.aliases, found.title, found.description) == ((), None, None)
    assert found.unlisted


def test_a_command_takes_no_flags_from_defaults() -> None:
    """Defaults are llama-server's where they are flags; the rest holds for every model."""
    text = """
defaults model {
    ctx-size   = 1
    extra-args = ["--x"]
    ttl        = 5m
}
model m {
    command = ["vllm", "serve", "--host", "127.0.0.1", "--port", "${PORT}"]
    health  = "/health"
}
"""
    found = model(text)
    assert found.command == ("vllm", "serve", "--host", "127.0.0.1", "--port", "${PORT}")
    assert (found.flags, found.extra_args, found.ttl, found.gguf) == ((), (), 300, None)


def test_switching_from_weights_to_a_command() -> None:
    """`gguf = none` lets a model be like one that has weights."""
    text = """
model base {
    gguf     = small
    ctx-size = 1
    ttl      = 5m
}
model m {
    like    = base
    gguf    = none
    command = ["other"]
}
"""
    found = model(text)
    assert (found.command, found.gguf, found.flags, found.ttl) == (("other",), None, (), 300)


def test_durations_round_up() -> None:
    """Nothing may be unloaded earlier than it says."""
    assert model("model m {\ngguf = small\nttl = 1500ms\n}").ttl == 2


def test_environment_is_split_at_the_first_equals_sign() -> None:
    """A value may hold more of them."""
    found = model('model m {\ngguf = small\nenv = ["A=b=c", "E="]\n}')
    assert found.env == (("A", "b=c"), ("E", ""))


def test_order_of_flags_is_the_table_s() -> None:
    """Moving a line in the fleet file changes nothing on a host."""
    one = argv("model m {\ngguf = small\nctx-size = 1\nthreads = 2\n}")
    other = argv("model m {\ngguf = small\nthreads = 2\nctx-size = 1\n}")
    assert one == other


def test_spans_point_to_where_a_value_was_written() -> None:
    """An inherited value is blamed on the line that says it."""
    found = model("defaults model {\ngpus = []\n}\nmodel m {\ngguf = small\n}")
    assert found.spans["gpus"].start.line < found.origin.start.line
