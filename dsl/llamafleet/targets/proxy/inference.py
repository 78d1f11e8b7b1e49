"""The inference API of what may stand behind a proxy: all that passes unless more is asked for.

Each path is what the program itself registers: llama-server in `tools/server/server.cpp` (b11434),
llama-swap in `internal/server/server.go` (v250). What is left out acts on others or tells about
them: llama-server's `/slots`, `/props`, `/metrics`, `/lora-adapters`, `/tools`, `/cors-proxy`,
`/models/load` and `/models/unload`, `/v1/stream` (the answers of any conversation) and
`/v1/chat/completions/control`; llama-swap's `/unload`, `/running`, `/logs`, `/upstream`, `/api`,
`/props`, `/metrics` and `/comfyui`; and the user interface of both.
"""

from __future__ import annotations

from ...dataclasses import dataclass

READ = ("GET", "HEAD", "OPTIONS")
SEND = ("POST", "OPTIONS")
"""Browsers ask by OPTIONS whether they may."""


@dataclass(frozen=True, slots=True)
class Api:
    """Paths by how they are asked for."""

    get: tuple[str, ...]
    post: tuple[str, ...]


LLAMA_SERVER = Api(
    get=("/health", "/v1/health", "/models", "/v1/models"),
    post=(
        "/v1/chat/completions",
        "/v1/chat/completions/input_tokens",
        "/chat/completions",
        "/chat/completions/input_tokens",
        "/v1/responses",
        "/v1/responses/input_tokens",
        "/responses",
        "/responses/input_tokens",
        "/v1/completions",
        "/completions",
        "/completion",
        "/infill",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/embeddings",
        "/embeddings",
        "/embedding",
        "/v1/rerank",
        "/v1/reranking",
        "/rerank",
        "/reranking",
        "/v1/audio/transcriptions",
        "/audio/transcriptions",
        "/v1/systemone",
        "/tokenize",
        "/detokenize",
        "/apply-template",
    ),
)

LLAMA_SWAP = Api(
    get=("/health", "/models", "/v1/models", "/v1/audio/voices", "/sdapi/v1/loras"),
    post=(
        "/v1/chat/completions",
        "/v/chat/completions",
        "/v1/responses",
        "/v/responses",
        "/v1/completions",
        "/v/completions",
        "/completion",
        "/infill",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v/messages",
        "/v/messages/count_tokens",
        "/v1/embeddings",
        "/v/embeddings",
        "/v1/rerank",
        "/v1/reranking",
        "/v/rerank",
        "/v/reranking",
        "/rerank",
        "/reranking",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/audio/voices",
        "/v1/images/generations",
        "/v1/images/edits",
        "/sdapi/v1/txt2img",
        "/sdapi/v1/img2img",
        "/audioapi/v1/tasks/run",
    ),
)

DEFAULT_API = "llama-server"
APIS = {"llama-server": LLAMA_SERVER, "llama-swap": LLAMA_SWAP}
"""By the kind of the service that answers."""


def routes(api: str, prefix: str = "") -> tuple[tuple[tuple[str, ...], str], ...]:
    """Methods and path of each request that passes; `prefix` is llama-server's `--api-prefix`."""
    found = APIS[api]
    return (
        *((READ, prefix + path) for path in found.get),
        *((SEND, prefix + path) for path in found.post),
    )
