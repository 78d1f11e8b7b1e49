"""Steps of a graph that an architecture has always, never, or if the header says so."""

from __future__ import annotations

from ....gguf import GgufFacts
from ..architectures.record import Architecture, ByKey, OutputHead, Router
from ..hparams import HParams, Layer


def _is_on(step: ByKey, facts: GgufFacts, key: str) -> bool:
    return step == "always" or (step == "by key" and bool(facts.metadata.get(key)))


def residual_scaled(architecture: Architecture, facts: GgufFacts) -> bool:
    """Return True if what attention and feed-forward add is scaled."""
    return _is_on(architecture.residual_scale, facts, "residual_scale")


def embedding_scaled(architecture: Architecture, facts: GgufFacts) -> bool:
    """Return True if embeddings are scaled by a step of its own."""
    return _is_on(architecture.embedding_scale, facts, "embedding_scale")


def output_scaled(head: OutputHead, facts: GgufFacts) -> tuple[str, ...]:
    """Return the operations after the logits."""
    cap = facts.metadata.get("final_logit_softcapping")
    if head.soft_cap != "never" and (cap or (cap is None and head.soft_cap == "by default")):
        return ("SCALE", "UNARY", "SCALE")
    return ("SCALE",) if _is_on(head.scale, facts, "logit_scale") else ()


def positions(architecture: Architecture, facts: GgufFacts) -> int:
    """Return how many positions each token has: 1 or 4 (llama_model::rope_type)."""
    sections = facts.metadata.get("rope.dimension_sections")
    if architecture.positions != "by key":
        return 4 if architecture.positions == "four" else 1
    two = isinstance(sections, tuple) and len(sections) > 1 and sections[0] and sections[1]
    return 4 if two else 1


def sigmoid_router(router: Router, facts: GgufFacts) -> bool:
    """Return True if a router's probabilities are sigmoids, False if they are a softmax."""
    said = facts.integer("expert_gating_func")
    match router.gating:
        case "sigmoid":
            return True
        case "by key, else sigmoid":
            return said == 2 or not said
        case "by key, else softmax":
            return said == 2
    return False


def weighed(router: Router, facts: GgufFacts) -> bool:
    """Return True if the weights of a token's experts are made to sum up to one."""
    if router.weights == "by key":
        return bool(facts.metadata.get("expert_weights_norm"))
    return router.weights == "normed"


def rotates(hparams: HParams, facts: GgufFacts, layer: Layer) -> bool:
    """Return True if a layer rotates Q and K by position."""
    match hparams.architecture.rope:
        case "three of four":
            return (layer.index + 1) % 4 != 0
        case "windows":
            return layer.window or not hparams.n_swa
        case "of 32 layers":
            return facts.integer("block_count") == 32
        case "unless disabled":
            return facts.metadata.get("rope.scaling.finetuned") is not False
        case "none":
            return False
    return True
