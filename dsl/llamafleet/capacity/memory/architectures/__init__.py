"""One record for each architecture whose graph is known: how a model of that name is computed.

Files are named as those of llama.cpp's src/models/; related names share one. An architecture of no
record is estimated by rule of thumb, with a wide margin, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    bailingmoe,
    bert,
    cohere,
    deepseek,
    diffusion,
    ernie,
    exaone,
    gemma,
    glm,
    gpt,
    granite,
    hunyuan,
    llama,
    mamba,
    minimax,
    olmo,
    others,
    phi,
    plamo,
    qwen,
    qwen3next,
    rwkv,
    t5,
)
from .record import Architecture

FAMILIES = (
    bailingmoe,
    bert,
    cohere,
    deepseek,
    diffusion,
    ernie,
    exaone,
    gemma,
    glm,
    gpt,
    granite,
    hunyuan,
    llama,
    mamba,
    minimax,
    olmo,
    others,
    phi,
    plamo,
    qwen,
    qwen3next,
    rwkv,
    t5,
)

RECORDS: Mapping[str, Architecture] = {
    record.name: record for family in FAMILIES for record in family.ARCHITECTURES
}
"""Every record by the name that headers have in general.architecture."""
