"""Rules say something or nothing about any fleet: they never fail, and point into its text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.compiler import compile_text
from llamafleet.diagnostics.as_text import as_text

GPU = st.sampled_from(
    [
        "vendor = nvidia\narch = sm_61",
        "vendor = nvidia\narch = what",
        "vendor = amd",
        "vendor = intel",
    ]
)
BUILD = st.lists(
    st.sampled_from(
        [
            'cmake = ["-DCMAKE_CUDA_COMPILER=/opt/cuda-13.0/nvcc", "-DGGML_CUDA_FA_QUANTS="]',
            'toolkit = "13"',
            'url = "https://example.org/fork.git"',
            "native = on",
        ]
    ),
    max_size=3,
    unique=True,
)
REFS = st.sampled_from(["b11434", "b9093", "b10500", "b1", "b99999", "master", "a/b"])
BACKENDS = st.sampled_from(["cuda", "hip", "vulkan", "sycl", "cpu"])
MODEL = st.lists(
    st.sampled_from(
        [
            "gpus = [0, 7]", "gpus = []", "gpus = [1]", "tensor-split = [1, 2, 3]", "main-gpu = 9",
            "split-mode = row", "split-mode = tensor", "split-mode = none", "flash-attn = off",
            "cache-type-v = q5_1", "cache-type-k = f32", "ctx-size = 100", "parallel = 8",
            "concurrency-limit = 1", "n-gpu-layers = 0", "fit = on", "embedding = on",
            "batch-size = 4096", "mmap = off", "ui = off", "tools = all", "api-key = [x]",
            "temp = 0.5", "ttl = 0s", "vram = 1GiB", 'aliases = [comfyui_auto, "far/x"]',
            'env = ["CUDA_VISIBLE_DEVICES=GPU-1", "A="]', "device = [CUDA0]", 'rpc = "a:1"',
            'extra-args = ["--port", "x", "-c", "4k", "--what", "-np"]',
            'extra-args = ["", "-", "--"]',
            "set-params {\ntemperature = [1]\n}",
        ]
    ),
    max_size=6,
    unique_by=lambda line: line.split()[0],
)  # fmt: skip
SWAP = st.lists(
    st.sampled_from(
        [
            'listen = "0.0.0.0:8080"',
            "health-check-timeout = 15s",
            "global-ttl = 1m",
            "preload = [a, b]",
            "matrix {\nset x = a | b\nset y = a\nset z = a & b\n}",
            "matrix {\nset x = a\nset y = +x & b | a\nevict-cost {\na = 3\n}\n}",
            "group g {\nmodels = [a]\npersistent = on\n}",
            'peer far {\nproxy = "http://192.0.2.1"\nmodels = [x]\n}',
        ]
    ),
    max_size=4,
    unique_by=lambda line: line.split()[0].replace("group", "matrix"),
)


@given(GPU, st.integers(0, 3), REFS, BACKENDS, BUILD, MODEL, MODEL, SWAP, st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_fleet(
    gpu: str,
    cards: int,
    ref: str,
    backend: str,
    build: list[str],
    first: list[str],
    second: list[str],
    swap: list[str],
    beside: bool,
) -> None:
    placement = "placement = per-gpu\n" if beside and cards else ""
    lines = [
        f"fleet 1\ngpu card {{\n{gpu}\n}}",
        f"host box {{\ngpus = [{', '.join(['card'] * cards)}]\n}}\nhost far {{\n}}",
        f'build main {{\nref = "{ref}"\nbackend = {backend}\n' + "\n".join(build) + "\n}",
        'gguf w {\npath = "/w.gguf"\nsize = 90GB\n}',
        *(
            "\n".join([f"model {n} {{", "gguf = w", *m, "}"])
            for n, m in (("a", first), ("b", second))
        ),
        "\n".join(["llama-swap s {", "host = box", "build = main", "models = [a, b]", *swap, "}"]),
        f'llama-server t {{\nhost = box\nbuild = main\nmodel = b\nlisten = ":9000"\n{placement}}}',
        'nginx n {\nhost = far\nlisten = ":80"\nupstream = s\nproxy-read-timeout = 10s\n}',
    ]
    text = "\n".join(lines) + "\n"
    compiled = compile_text(text)
    assert as_text(compiled.diagnostics, compiled.sources)
    height = text.count("\n") + 1
    for each in compiled.diagnostics:
        for label in (each.primary, *each.related):
            assert 1 <= label.span.start.line <= height
            assert label.span.path == "fleet.fleet"
