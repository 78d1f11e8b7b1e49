"""GGUF headers, right and damaged: read, kept as facts, and estimated."""

from __future__ import annotations

import json
from random import Random

from llamafleet.capacity.memory import Device, read_flags
from llamafleet.capacity.memory.estimate import estimate
from llamafleet.capacity.memory.report import as_json, as_text
from llamafleet.gguf import GgufError, GgufFacts, facts_of, read_header
from llamafleet.gguf.compact import from_json, to_json
from tests.fuzz.mutate import mutated_bytes
from tests.gguf.writing import NUMBER, header_bytes

ARCHITECTURES = (
    "llama", "llama", "qwen3moe", "gemma3", "gemma3n", "gemma4", "gpt-oss", "deepseek2", "mamba",
    "mamba2", "rwkv7", "jamba", "falcon-h1", "qwen35", "kimi-linear", "nemotron_h", "bert", "lfm2",
    "clip", "nobody", "",
)  # fmt: skip
KEYS = (
    "block_count", "embedding_length", "context_length", "attention.head_count",
    "attention.head_count_kv", "attention.key_length", "attention.value_length",
    "attention.sliding_window", "attention.sliding_window_pattern", "attention.key_length_mla",
    "attention.kv_lora_rank", "feed_forward_length", "expert_count", "expert_used_count",
    "expert_feed_forward_length", "vocab_size", "ssm.conv_kernel", "ssm.inner_size",
    "ssm.state_size", "ssm.group_count", "ssm.time_step_rank", "nextn_predict_layers",
    "full_attention_interval", "rope.dimension_count", "leading_dense_block_count", "wkv.head_size",
    "kda.head_dim", "attention.shared_kv_layers", "embedding_length_per_layer_input",
)  # fmt: skip
SMALL = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ODD = (0, 1, 3, 512, 513, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 62, (1 << 64) - 1, True, 0.5, 1e30,
       float("nan"), float("inf"), "", "x", (1, 2), (0,) * 8, (), (4.5, 1 << 31))  # fmt: skip
TENSORS = (
    "token_embd.weight", "output.weight", "output_norm.weight", "blk.{}.attn_q.weight",
    "blk.{}.attn_k.weight", "blk.{}.attn_v.weight", "blk.{}.attn_output.weight",
    "blk.{}.attn_norm.weight",
    "blk.{}.ffn_gate.weight", "blk.{}.ffn_up.weight", "blk.{}.ffn_down.weight",
    "blk.{}.ffn_gate_exps.weight", "blk.{}.ffn_down_exps.weight", "blk.{}.ffn_up_exps.weight",
    "blk.{}.ssm_in.weight", "blk.{}.ssm_out.weight", "blk.{}.attn_kv_a_mqa.weight", "v.blk.{}.x",
    "é",
    "per_layer_token_embd.weight", "blk.{}.nextn.eh_proj.weight",
)  # fmt: skip
FLAGS = (
    (), ("-c", "4096"), ("-ngl", "2"), ("-fa", "off"), ("-sm", "row"), ("-sm", "tensor"), ("-np",
    "4"),
    ("--cpu-moe",), ("-ts", "1,3"), ("--swa-full",), ("-ctk", "q8_0"), ("-ub", "4096", "-b",
    "4096"),
    ("-c", "2147483647", "-np", "256"), ("-ot", "blk=CPU"), ("--n-cpu-moe", "2147483647"),
    ("--override-kv", "llama.block_count=int:9999"), ("--embedding",), ("-dev", "none"),
)  # fmt: skip
CARDS = (0, 1, 2)


def header(random: Random) -> bytes:
    """A header that is right but for odd numbers in it."""
    architecture = random.choice(ARCHITECTURES)
    entries: dict[str, object] = {"general.architecture": architecture}
    for key in KEYS[:5]:
        entries[f"{architecture}.{key}"] = random.choice(SMALL)
    for key in random.sample(KEYS, random.randrange(10)):
        entries[f"{architecture}.{key}"] = random.choice((*SMALL, *ODD))
    if random.randrange(10) == 0:
        name = random.choice(("general.alignment", "split.count", "general.type"))
        entries[name] = random.choice((0, 1, 3, 64, 512, "x", 1.5, True, (1,)))
    blocks = random.choice((1, 2, 4))
    names = [
        each.format(random.randrange(blocks))
        for each in random.sample(TENSORS, random.randrange(12))
    ]
    tensors = [(name, random.choice(tuple(NUMBER)), _dims(random)) for name in dict.fromkeys(names)]
    try:
        return header_bytes(entries, tensors)[0]
    except Exception:  # what the format has no bytes for, such as an alignment of a text
        return header_bytes({"general.architecture": architecture})[0]


def _dims(random: Random) -> tuple[int, ...]:
    big = (
        (256, 256, 512, 1024, 4096, 1 << 20, 1 << 40)
        if random.randrange(9) == 0
        else (256, 512, 1024)
    )
    return tuple(random.choice(big) for _ in range(random.choice((1, 2, 2, 3))))


def make(random: Random) -> tuple[bytes, tuple[str, ...], int]:
    """Bytes of a file, flags, and how many cards there are."""
    data = header(random)
    if random.randrange(2):
        data = mutated_bytes(data, random)
    return data, random.choice(FLAGS), random.choice(CARDS)


def read(made: tuple[bytes, tuple[str, ...], int]) -> str:
    """Read a header in pieces, write its facts down, read them again, and estimate."""
    data, argv, cards = made
    found = read_header(lambda start, end: data[start:end], "x.gguf", 64)
    if isinstance(found, GgufError):
        return "refused"
    facts = facts_of([found], "x.gguf")
    if isinstance(facts, GgufError):
        return "no model"
    again = from_json(json.loads(json.dumps(to_json(facts))))
    assert repr(again) == repr(facts)  # a NaN in a list is no equal of itself
    if len(data) % 3:  # the graph of a model takes as long as ten headers
        return "read"
    return estimated(facts, argv, cards)


def estimated(facts: GgufFacts, argv: tuple[str, ...], cards: int) -> str:
    """Return the estimate of a model, or a message if there is none."""
    flags = read_flags(argv)
    assert not isinstance(flags, str), flags
    devices = tuple(Device(f"CUDA{number}", 24 << 30) for number in range(cards))
    found = estimate(facts, flags, devices)
    if isinstance(found, str):
        assert "\n" not in found
        return "no estimate"
    assert all(term.size >= 0 for term in found.terms), [x for x in found.terms if x.size < 0]
    as_text(found, devices)
    json.loads(as_json(found))
    return "estimated"
