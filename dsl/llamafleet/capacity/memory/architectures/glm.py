"""GLM (src/models/glm*.cpp, chatglm.cpp)."""

from __future__ import annotations

from .record import LOGITS, Architecture, Indexer, Recurrent, Router

ARCHITECTURES = (
    Architecture(
        name="chatglm",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
    ),
    Architecture(
        name="glm4",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        positions="by key",
    ),
    Architecture(
        name="glm4moe",
        exact="recorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        positions="by key",
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
    Architecture(
        name="glm-dsa",
        exact="unrecorded",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        indexer=Indexer(shared_from=1 << 20),
        tensor_split="refused",
        router=Router(gating="by key, else sigmoid", weights="by key"),
    ),
    Architecture(
        name="glm5-next",
        exact="partly",
        graph="sequential",
        norm="rms",
        rope="all",
        output_head=LOGITS,
        recurrent=Recurrent(layers="without heads", state="kda"),
        rolls_back=True,
        tensor_split="refused",
    ),
)
