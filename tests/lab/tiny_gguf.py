"""Write small GGUF files with random weights that the real llama-server loads and answers from.

The answers are nonsense words. What matters is that flags, ports, files and rollouts can be tested
against the real program on a machine that reaches no model. Standard library only, so that the demo
can run it anywhere; the same arguments give the same bytes.

    python tests/lab/tiny_gguf.py OUT.gguf [--seed 1] [--name tiny] [--layers 2] [--context 8192]
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT = 32

# Value types and tensor types, as the GGUF specification numbers them.
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_F32, TENSOR_Q8_0 = 0, 8

# Token types of a SentencePiece vocabulary.
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
BOS, EOS, END_OF_TURN = 1, 2, 6

Q8_0_VALUES = 32
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of a llama; the defaults make a file of about one megabyte."""

    layers: int = 2
    width: int = 128
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 256
    context: int = 8192

    @property
    def head_size(self) -> int:
        """Numbers per attention head."""
        return self.width // self.heads


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of the vocabulary."""

    text: str
    score: float
    type: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's name, dimensions (the contiguous one first), type and bytes."""

    name: str
    dimensions: tuple[int, ...]
    type: int
    data: bytes


def vocabulary() -> tuple[Token, ...]:
    """Markers, the 256 bytes, printable characters, then made-up two-syllable words."""
    markers = ("<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|pad|>")
    tokens = [Token("<unk>", 0.0, UNKNOWN), *(Token(each, 0.0, CONTROL) for each in markers)]
    tokens += [Token(f"<0x{byte:02X}>", 0.0, BYTE) for byte in range(256)]
    tokens += [Token(chr(code), -1000.0, NORMAL) for code in (*range(33, 127), 0x2581)]
    syllables = [consonant + vowel for consonant in "bdfklmnprst" for vowel in "aeiou"]
    words = [first + second for first in syllables[::3] for second in syllables[1::2]]
    tokens += [Token(f"\u2581{word}", -float(at) - 1, NORMAL) for at, word in enumerate(words)]
    padding = -len(tokens) % Q8_0_VALUES
    return (*tokens, *(Token(f"<|unused{at}|>", 0.0, CONTROL) for at in range(padding)))


def tensors(shape: Shape, tokens: Sequence[Token], seed: int) -> Iterator[Tensor]:
    """The weights, drawn from a generator that `seed` starts."""
    draw = random.Random(seed)

    def matrix(name: str, columns: int, rows: int) -> Tensor:
        return Tensor(name, (columns, rows), TENSOR_Q8_0, _q8_0(draw, columns, rows, columns**-0.5))

    def ones(name: str) -> Tensor:
        return Tensor(name, (shape.width,), TENSOR_F32, struct.pack("<f", 1.0) * shape.width)

    yield Tensor(
        "token_embd.weight",
        (shape.width, len(tokens)),
        TENSOR_Q8_0,
        _q8_0(draw, shape.width, len(tokens), 1.0),
    )
    yield ones("output_norm.weight")
    yield Tensor(
        "output.weight", (shape.width, len(tokens)), TENSOR_Q8_0, _output(draw, shape, tokens)
    )
    kv_width = shape.kv_heads * shape.head_size
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        yield ones(f"{block}.attn_norm.weight")
        yield matrix(f"{block}.attn_q.weight", shape.width, shape.width)
        yield matrix(f"{block}.attn_k.weight", shape.width, kv_width)
        yield matrix(f"{block}.attn_v.weight", shape.width, kv_width)
        yield matrix(f"{block}.attn_output.weight", shape.width, shape.width)
        yield ones(f"{block}.ffn_norm.weight")
        yield matrix(f"{block}.ffn_gate.weight", shape.width, shape.feed_forward)
        yield matrix(f"{block}.ffn_up.weight", shape.width, shape.feed_forward)
        yield matrix(f"{block}.ffn_down.weight", shape.feed_forward, shape.width)


def _q8_0(draw: random.Random, columns: int, rows: int, deviation: float) -> bytes:
    """Random Q8_0 blocks: uniform bytes (their deviation is 73.9) under one scale."""
    scale = struct.pack("<e", deviation / 73.9)
    blocks = columns * rows // Q8_0_VALUES
    values = draw.randbytes(blocks * Q8_0_VALUES)
    return b"".join(
        scale + values[at : at + Q8_0_VALUES] for at in range(0, len(values), Q8_0_VALUES)
    )


def _output(draw: random.Random, shape: Shape, tokens: Sequence[Token]) -> bytes:
    """Rows of zeros for what is no word: an answer is words, as many as the request allows."""
    row = shape.width // Q8_0_VALUES * (2 + Q8_0_VALUES)
    weights = _q8_0(draw, shape.width, len(tokens), 4 * shape.width**-0.5)
    return b"".join(
        weights[at * row : (at + 1) * row] if token.text.startswith("\u2581") else bytes(row)
        for at, token in enumerate(tokens)
    )


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(type_: int, value: object) -> bytes:
    match value:
        case str():
            return _string(value)
        case bool():
            return struct.pack("<?", value)
        case int():
            return struct.pack("<i" if type_ == I32 else "<I", value)
        case float():
            return struct.pack("<f", value)
    raise TypeError(f"no GGUF value: {value!r}")


def _entry(key: str, type_: int, value: object) -> bytes:
    return _string(key) + struct.pack("<I", type_) + _value(type_, value)


def _list(key: str, type_: int, values: Sequence[object]) -> bytes:
    head = struct.pack("<IIQ", ARRAY, type_, len(values))
    return _string(key) + head + b"".join(_value(type_, each) for each in values)


def metadata(shape: Shape, tokens: Sequence[Token], name: str) -> tuple[bytes, ...]:
    """The key-value entries of the header."""
    return (
        _entry("general.architecture", STRING, "llama"),
        _entry("general.name", STRING, name),
        _entry("general.file_type", U32, 7),
        _entry("llama.context_length", U32, shape.context),
        _entry("llama.embedding_length", U32, shape.width),
        _entry("llama.block_count", U32, shape.layers),
        _entry("llama.feed_forward_length", U32, shape.feed_forward),
        _entry("llama.attention.head_count", U32, shape.heads),
        _entry("llama.attention.head_count_kv", U32, shape.kv_heads),
        _entry("llama.attention.layer_norm_rms_epsilon", F32, 1e-6),
        _entry("llama.rope.dimension_count", U32, shape.head_size),
        _entry("llama.rope.freq_base", F32, 10000.0),
        _entry("llama.vocab_size", U32, len(tokens)),
        _entry("tokenizer.ggml.model", STRING, "llama"),
        _entry("tokenizer.ggml.pre", STRING, "default"),
        _list("tokenizer.ggml.tokens", STRING, [each.text for each in tokens]),
        _list("tokenizer.ggml.scores", F32, [each.score for each in tokens]),
        _list("tokenizer.ggml.token_type", I32, [each.type for each in tokens]),
        _entry("tokenizer.ggml.bos_token_id", U32, BOS),
        _entry("tokenizer.ggml.eos_token_id", U32, EOS),
        _entry("tokenizer.ggml.eot_token_id", U32, END_OF_TURN),
        _entry("tokenizer.ggml.unknown_token_id", U32, 0),
        _entry("tokenizer.ggml.add_bos_token", BOOL, True),
        _entry("tokenizer.chat_template", STRING, CHAT_TEMPLATE),
    )


def tiny_gguf(*, seed: int = 1, name: str = "tiny", shape: Shape | None = None) -> bytes:
    """A whole file as bytes."""
    shape = shape or Shape()
    tokens = vocabulary()
    entries = metadata(shape, tokens, name)
    weights = tuple(tensors(shape, tokens, seed))
    head = MAGIC + struct.pack("<IQQ", VERSION, len(weights), len(entries)) + b"".join(entries)
    table, body = bytearray(), bytearray()
    for each in weights:
        table += _string(each.name) + struct.pack("<I", len(each.dimensions))
        table += struct.pack(f"<{len(each.dimensions)}Q", *each.dimensions)
        table += struct.pack("<IQ", each.type, len(body))
        body += each.data + bytes(-len(each.data) % ALIGNMENT)
    head += bytes(table)
    return head + bytes(-len(head) % ALIGNMENT) + bytes(body)


def write_tiny_gguf(
    path: Path, *, seed: int = 1, name: str = "tiny", shape: Shape | None = None
) -> Path:
    """Write a model to `path`, making its folder, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tiny_gguf(seed=seed, name=name, shape=shape))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write a tiny GGUF model with random weights.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="other weights for another number")
    parser.add_argument("--name", default="tiny", help="the name in the file's metadata")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--context", type=int, default=8192, help="context length it claims")
    given = parser.parse_args(arguments)
    shape = Shape(layers=given.layers, context=given.context)
    path = write_tiny_gguf(given.path, seed=given.seed, name=given.name, shape=shape)
    print(f"{path}  {path.stat().st_size / 2**20:.2f} MiB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
