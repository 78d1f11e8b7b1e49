"""Headers of the two models of `examples/voice_matrix`, by what their publishers say of them.

Dimensions are those of the models' cards: Qwen3-4B-Instruct-2507 and Qwen3.6-27B of Qwen on Hugging
Face. Which tensor has which type is llama.cpp's Q4_K_M for the small one. For the large one it is
made up to come to the 17.6 GB of its file: unsloth's mixtures differ from tensor to tensor.
"""

from __future__ import annotations

from llamafleet.gguf import GgufFacts
from tests.memory.models import Model, alpha_beta, attention, begun, blocks, delta_net, dense, heads
from tests.memory.recorded import facts_of_made


def qwen3_4b() -> GgufFacts:
    """36 layers, 8 KV heads of 128, tied embeddings; 2.5 GB."""
    layers, e = 36, 2560
    model = begun("qwen3", "Q4_K", e, layers, 262144, 151936, tied=True)
    heads(model, 32, 8, 128)
    model.say(feed_forward_length=9728)
    for index, at in enumerate(blocks(model)):
        for name in ("attn_norm", "ffn_norm"):
            model.norm(f"{at}.{name}", e)
        for name in ("attn_q_norm", "attn_k_norm"):
            model.norm(f"{at}.{name}", 128)
        attention(model, at, 32, 8, 128)
        dense(model, at, 9728)
        # The first and last eighths, and every third between, are stored more exactly.
        edge = layers // 8
        if index < edge or index >= 7 * edge or (index - edge) % 3 == 2:
            _store(model, "Q6_K", f"{at}.attn_v", f"{at}.ffn_down")
    _store(model, "Q6_K", "token_embd")
    return facts_of_made(model)


def qwen36_27b() -> GgufFacts:
    """64 layers, of which 16 have a KV cache: 4 heads of 256; 17.6 GB."""
    e, values, keys, state = 5120, 48, 16, 128
    model = begun("qwen35", "Q6_K", e, 64, 262144, 248320)
    heads(model, 24, 4, 256)
    model.say(feed_forward_length=17408, full_attention_interval=4, ssm__conv_kernel=4)
    model.say(ssm__inner_size=state * values, ssm__state_size=state, ssm__group_count=keys)
    model.say(ssm__time_step_rank=values, rope__dimension_count=64)
    model.say(rope__dimension_sections=(11, 11, 10, 0))
    for index, at in enumerate(blocks(model)):
        model.norm(f"{at}.attn_norm", e)
        model.norm(f"{at}.post_attention_norm", e)
        if index % 4 == 3:
            attention(model, at, 24, 4, 256, gated=2)
            model.norm(f"{at}.attn_q_norm", 256)
            model.norm(f"{at}.attn_k_norm", 256)
        else:
            delta_net(model, at, keys, values, state)
            alpha_beta(model, at, values, kind="F32")
        dense(model, at, 17408)
        _store(model, "Q4_K", f"{at}.ffn_gate", f"{at}.ffn_up")
        _store(model, "Q5_K" if index % 3 == 1 else "Q4_K", f"{at}.ffn_down")
    _store(model, "Q4_K", "token_embd")
    return facts_of_made(model)


def _store(model: Model, kind: str, *names: str) -> None:
    wanted = {f"{name}.weight" for name in names}
    model.tensors = [
        (name, kind if name in wanted else own, dims) for name, own, dims in model.tensors
    ]
