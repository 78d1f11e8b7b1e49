"""In what the graphs of architectures differ where their tensors do not tell.

Everything here is what src/models/*.cpp of b11434 does; an architecture without an entry is put
together as llama's is.
"""

from __future__ import annotations

from ....gguf import GgufFacts

LAYER_NORMED = frozenset({
    "bert", "bloom", "codeshell", "cohere2", "command-r", "dbrx", "falcon", "gpt2", "gptneox",
    "jais", "jais2", "jina-bert-v2", "jina-bert-v3", "modern-bert", "mpt", "nemotron",
    "nomic-bert", "nomic-bert-moe", "olmo", "orion", "phi2", "rwkv6", "rwkv7", "stablelm",
    "starcoder", "starcoder2",
})  # fmt: skip
"""LLM_NORM, which needs a place of its own, and not LLM_NORM_RMS."""

ENCODERS = frozenset({
    "bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe",
})  # fmt: skip
"""These norm after each part of a layer."""

WITHOUT_LOGITS = ENCODERS | {
    "eurobert", "gemma-embedding", "llama-embed", "modern-bert", "neo-bert",
}  # fmt: skip
"""Models of embeddings."""

UNWEIGHTED_NORMS = frozenset({"olmo", "talkie"})
"""These norm without weights."""

PARALLEL = {
    "codeshell": "", "cohere2": "flow", "cohere2moe": "flow", "command-r": "flow",
    "falcon": "attention", "phi2": "attention first", "plamo": "attention",
}  # fmt: skip
"""Attention and feed-forward read the same; what is added to the feed-forward's result first."""

WITHOUT_POSITIONS = frozenset({
    "baichuan", "bert", "bloom", "gpt2", "jais", "jamba", "jina-bert-v2", "mpt", "nemotron_h",
    "nemotron_h_moe", "refact", "starcoder",
})  # fmt: skip
"""No rotation by position."""

POSITIONS_IN_WINDOWS = frozenset({"afmoe", "cohere2", "exaone-moe", "exaone4", "muse-glimmer"})
"""Only layers with a window rotate, where there are windows."""

POSITIONS_BUT_EVERY_FOURTH = frozenset({"llama4", "smollm3"})

ROTATED_FIRST = frozenset({
    "hunyuan-dense", "hunyuan-moe", "hunyuan_vl", "maincoder", "talkie",
})  # fmt: skip
"""Q and K are rotated, and then normed."""

FOUR_POSITIONS = frozenset({
    "clef", "paddleocr", "qwen2vl", "qwen35", "qwen35moe", "qwen3vl", "qwen3vlmoe", "qwen4exp",
})  # fmt: skip
"""LLAMA_ROPE_TYPE_MROPE and IMROPE: four positions for each token."""

FOUR_POSITIONS_BY_KEY = frozenset({"bailingmoe3", "glm4", "glm4moe", "hunyuan_vl"})
"""Only if rope.dimension_sections has two parts."""

SCALED_QUERY = frozenset({
    "gemma", "gemma-embedding", "gemma2", "gemma3", "phi2", "phi3", "phimoe",
})  # fmt: skip
"""Q is scaled by a step of its own."""

TEMPERED = frozenset({"deepseek2", "llama4", "mistral3", "mistral4"})
"""Q may be scaled by position."""

SCALED_ROWS = frozenset({"gemma-embedding", "gemma3", "gemma3n", "gemma4"})
"""Embeddings of tokens, but not those of images, are scaled."""

SCALED_EMBEDDINGS = frozenset({"afmoe", "gemma", "gemma2", "grok", "minicpm", "minicpm3"})

SCALED_BRANCHES = frozenset({"minicpm", "minicpm3"})
"""What a part of a layer adds is scaled; of the granites, where a key says so."""

NORMED_AFTER = frozenset({"exaone4", "olmo2"})
"""The norm after the feed-forward is one of the layer's; elsewhere it is no layer's own."""

SOFT_CAPPED_OUTPUTS = frozenset({"gemma2", "gemma3", "gemma3n", "gemma4", "grok", "muse-glimmer"})

CAPPED_BY_DEFAULT = frozenset({"gemma2", "gemma3n", "gemma4"})

SCALED_OUTPUTS = frozenset({"cohere2", "cohere2moe", "command-r", "grok", "talkie"})

NORMED_BEFORE_CUT = frozenset({"afmoe"})
"""The norm after attention is there for all tokens of the last layer."""

FLOW_FIRST = frozenset({"jamba", "lfm2", "lfm2moe"})
"""Sums have what came in first, and then what is added."""

SUMMED_BACKWARDS = frozenset({"phi3", "phimoe"})
"""Of these the sum behind the feed-forward."""

SUMMED_FIRST = frozenset({"falcon-h1"})
"""Sums up for all tokens, and then drops those without logits."""

EXPERTS_UNWEIGHED = frozenset({
    "deepseek", "gpt-oss", "jamba", "llada-moe", "llama4", "nomic-bert-moe", "olmoe", "qwen2moe",
})  # fmt: skip
"""The weights of a token's experts are not made to sum up to one."""

EXPERTS_WEIGHED_BY_KEY = frozenset({
    "afmoe", "bailingmoe", "bailingmoe2", "bailingmoe3", "cohere2moe", "deepseek2",
    "deepseek2-ocr", "deepseek32", "dots1", "exaone-moe", "glm-dsa", "glm4moe", "hy_v3", "hy_v4",
    "laguna", "minimax-m3", "mistral4", "nemotron_h", "nemotron_h_moe", "step35",
})  # fmt: skip
"""They are, if expert_weights_norm says so."""

SIGMOID = frozenset({"llama4", "mimo2", "nemotron_h", "nemotron_h_moe"})
SIGMOID_BY_KEY = frozenset({
    "afmoe", "bailingmoe2", "bailingmoe3", "cohere2moe", "deepseek2", "deepseek32", "dots1",
    "exaone-moe", "glm-dsa", "glm4moe", "hy_v3", "kimi-linear", "laguna", "lfm2moe",
    "minimax-m2", "minimax-m3", "mistral4", "smallthinker", "step35",
})  # fmt: skip
"""expert_gating_func tells how routers turn scores into probabilities."""

SQUARED = frozenset({"arcee", "jais2", "nemotron", "nemotron_h", "nemotron_h_moe", "plm"})
"""The activation is a ReLU, squared."""

WITHOUT_MIXED = frozenset({
    "cogvlm", "deepseek4", "dflash", "eagle3", "gemma4-assistant", "graniteswitch",
})  # fmt: skip
"""llm_arch_supports_mixed_batch: these take tokens or embeddings, not both at once."""

WHOLE = frozenset({
    "bailingmoe3", "cogvlm", "cohere2moe", "gemma4", "gpt-oss", "hy_v3", "nemotron_h",
    "nemotron_h_moe", "qwen35", "qwen35moe", "qwen3next", "step35",
})  # fmt: skip
"""These compute the last layer for every token: a draft head may read it."""

NORMED_FIRST = WHOLE - {"gpt-oss", "step35"}
"""Of these, the ones that norm every token before they keep those with logits."""


def residual_scaled(facts: GgufFacts) -> bool:
    """Whether what attention and feed-forward add is scaled."""
    kind = facts.architecture
    said = facts.metadata.get("residual_scale")
    return kind in SCALED_BRANCHES or (kind.startswith("granite") and bool(said))


def embedding_scaled(facts: GgufFacts) -> bool:
    """Whether embeddings are scaled by a step of its own."""
    kind = facts.architecture
    said = facts.metadata.get("embedding_scale")
    return kind in SCALED_EMBEDDINGS or (kind.startswith("granite") and bool(said))


def output_scaled(facts: GgufFacts) -> tuple[str, ...]:
    """The steps after the logits."""
    kind = facts.architecture
    capped = facts.metadata.get("final_logit_softcapping")
    if kind in SOFT_CAPPED_OUTPUTS and (capped or (capped is None and kind in CAPPED_BY_DEFAULT)):
        return ("SCALE", "UNARY", "SCALE")
    scaled = kind in SCALED_OUTPUTS and facts.metadata.get("logit_scale")
    return ("SCALE",) if scaled or kind == "minicpm" or kind.startswith("granite") else ()


def positions(facts: GgufFacts) -> int:
    """How many positions each token has."""
    kind = facts.architecture
    parts = facts.metadata.get("rope.dimension_sections")
    if kind in FOUR_POSITIONS_BY_KEY and isinstance(parts, tuple) and len(parts) > 1:
        return 4 if parts[0] and parts[1] else 1
    return 4 if kind in FOUR_POSITIONS else 1


def sigmoid_router(facts: GgufFacts) -> bool:
    """Whether a router's probabilities are sigmoids; the softmax is the other way."""
    kind = facts.architecture
    if kind in SIGMOID:
        return True
    said = facts.integer("expert_gating_func")
    if kind not in SIGMOID_BY_KEY:
        return False
    return said == 2 or (not said and kind not in ("deepseek2", "minimax-m2"))


def weighed(facts: GgufFacts) -> bool:
    """Whether the weights of a token's experts are made to sum up to one."""
    kind = facts.architecture
    if kind in EXPERTS_WEIGHED_BY_KEY:
        return bool(facts.metadata.get("expert_weights_norm"))
    return kind not in EXPERTS_UNWEIGHED


def rotates(facts: GgufFacts, layer: int, window: bool, windows: bool) -> bool:
    """Whether a layer rotates Q and K by position."""
    kind = facts.architecture
    if kind in POSITIONS_BUT_EVERY_FOURTH:
        return (layer + 1) % 4 != 0
    if kind in POSITIONS_IN_WINDOWS and windows:
        return window
    if kind == "baichuan":
        return facts.integer("block_count") == 32
    if kind.startswith("granite") and kind != "granitemoe":
        return facts.metadata.get("rope.scaling.finetuned") is not False
    return kind not in WITHOUT_POSITIONS
