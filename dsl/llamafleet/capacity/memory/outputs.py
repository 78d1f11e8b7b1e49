"""The output buffer: logits, and embeddings where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ...gguf import GgufFacts
from .cparams import CParams
from .flags import Flags
from .hparams import HParams
from .terms import HOST, Term

SOURCE = "src/llama-context.cpp, llama_context::output_reserve"


def outputs(facts: GgufFacts, hparams: HParams, flags: Flags, cparams: CParams) -> Iterator[Term]:
    """Yield the term of the output buffer: a row of values for each sequence."""
    width = facts.integer("embedding_length_out") or hparams.n_embd
    values = hparams.n_vocab + (width if flags.embedding else 0)
    if flags.backend_sampling:
        # Logits, probabilities, candidates and the token, sampled on the device.
        values += 3 * hparams.n_vocab + 1
    size = values * cparams.n_seq_max * 4
    formula = f"{values} values x {cparams.n_seq_max} slots x 4 bytes"
    yield Term(HOST, "output", "output buffer", size, formula, SOURCE)
