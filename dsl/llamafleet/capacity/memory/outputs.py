"""The output buffer: logits, and embeddings where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ...gguf import GgufFacts
from .flags import Flags
from .geometry import Geometry
from .shape import Shape
from .terms import HOST, Term

SOURCE = "src/llama-context.cpp, llama_context::output_reserve"


def outputs(facts: GgufFacts, shape: Shape, flags: Flags, geometry: Geometry) -> Iterator[Term]:
    """What the host keeps of each sequence's last token."""
    width = facts.integer("embedding_length_out") or shape.embedding
    values = shape.vocabulary + (width if flags.embedding else 0)
    if flags.backend_sampling:
        # Logits, probabilities, candidates and the token, sampled on the device.
        values += 3 * shape.vocabulary + 1
    size = values * geometry.sequences * 4
    formula = f"{values} values x {geometry.sequences} slots x 4 bytes"
    yield Term(HOST, "output", "output buffer", size, formula, SOURCE)
