"""Listings of llama-swap's models, without starting one."""

from __future__ import annotations

from tests.conformance.case import Case

LISTED = """\
startPort: 6100
globalTTL: 90
models:
  "zeta":
    cmd: |
      /opt/llama.cpp/llama-server
      # a comment
      --port ${PORT}
      --model '/models/a b.gguf'
    name: "Zeta, the last"
    description: "  padded  "
    aliases: ["gpt-4o", "z/alias"]
    metadata: {llamafleet: {digest: "0123456789abcdef", n: 3, on: true}}
  "org/model:7b":
    cmd: "llama-server --port ${PORT} --alias ${MODEL_ID}"
    proxy: "http://127.0.0.1:${PORT}"
    ttl: 0
  "Alpha":
    cmd: "run"
    proxy: "http://127.0.0.1:7000"
    unlisted: true
  "beta":
    cmd: "run"
    proxy: "http://127.0.0.1:7001"
    checkEndpoint: none
"""

SLEEPERS = """\
startPort: 6200
globalTTL: 90
models:
  "org/model:7b":
    cmd: |
      sleep 600
    proxy: "http://127.0.0.1:9"
    checkEndpoint: none
    aliases: ["seven", "al/ias"]
    name: "Seven"
    ttl: 0
  "b.2": {cmd: "sleep 601", proxy: "http://127.0.0.1:9", checkEndpoint: none}
matrix:
  vars: {m7: "org/model:7b"}
  sets: {both: "m7 & b.2"}
"""

CASES = (
    Case("health and models", LISTED, (("get", "/health"), ("models",), ("running",))),
    Case(
        "aliases in the list",
        f"includeAliasesInList: true\n{LISTED}",
        (("models",), ("get", "/upstream/nobody/x")),
    ),
    Case(
        "names with slashes and colons",
        SLEEPERS,
        (
            ("load", "al/ias"),
            ("running",),
            ("load", "b.2"),
            ("running",),
            ("models",),
            ("post", "/api/models/unload/al/ias"),
            ("running",),
            ("post", "/api/models/unload/nobody"),
            ("load", "org/model:7b"),
            ("post", "/api/models/unload"),
            ("running",),
            ("load", "seven"),
            ("get", "/unload"),
            ("running",),
            ("stop",),
        ),
    ),
    Case(
        "requests for nobody",
        LISTED,
        (
            ("post", "/v1/chat/completions", {"model": "nobody"}),
            ("post", "/v1/chat/completions", {}),
            ("post", "/v1/embeddings", {"model": "nobody"}),
            ("get", "/props"),
            ("get", "/props?model=nobody"),
            ("get", "/upstream/nobody/x"),
            ("get", "/upstream/zeta/logo.png"),
        ),
    ),
    Case("no models", "models: {}\n", (("models",), ("running",), ("get", "/health"))),
)
