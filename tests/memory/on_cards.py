"""Cards that take a batch's work from the host: what the real llama-server logs of Vulkan devices.

    python -m tests.memory.on_cards --server .../llama-server

RPC devices compute only with what lies there. A card of the same machine also gets the work with
weights on the host, if a batch is large: it computes in another way, and the recordings of RPC say
nothing of that. A software renderer (llvmpipe) is such a card, too. Vulkan alone puts the nodes of
a graph into another order first; that is switched off, so that it is what CUDA does.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from llamafleet.capacity.memory import Device, Estimate, Flags, read_flags
from llamafleet.capacity.memory.estimate import estimate
from tests.gguf.writing import write_gguf
from tests.memory import record
from tests.memory.models import TINY
from tests.memory.recorded import facts

PATH = Path(__file__).parent / "recordings_on_cards.json"
CARD = 2 << 30

EVERYWHERE = (
    (1, "-c 4096 -np 1 -ngl 99"),
    (1, "-c 4096 -np 1 -ngl 0"),
    (1, "-c 4096 -np 1 -ngl 2"),
    (1, "-c 2048 -np 2 -ngl 3 -ub 256"),
    (1, "-c 4096 -np 1 -ngl 2 --no-op-offload"),
    (1, "-c 4096 -np 1 -ngl 99 -nkvo"),
    (1, "-c 2048 -np 1 -ngl 2 -nkvo -ub 128"),
    (2, "-c 4096 -np 1 -ngl 99"),
    (2, "-c 4096 -np 2 -ngl 3 -ts 2,1"),
)
EXPERTS = (
    (1, "-c 4096 -np 1 -ngl 99 -ncmoe 2"),
    (1, "-c 4096 -np 1 -ngl 99 -cmoe -ub 256"),
    (2, "-c 4096 -np 1 -ngl 99 -ncmoe 2"),
)
CASES = (
    *((name, *each) for name in ("llama", "llama-q4_0", "gemma3") for each in EVERYWHERE),
    *((name, *each) for name in ("qwen3moe", "gpt-oss") for each in EVERYWHERE + EXPERTS),
    *(("qwen3next", *each) for each in EVERYWHERE[:4] + EXPERTS),
    ("llama", 1, r"-c 4096 -np 1 -ngl 99 -ot blk\.[13]\.ffn=CPU"),
    ("llama", 1, "-c 4096 -np 1 -ngl 2 -fa off"),
    ("llama", 1, "-c 4096 -np 1 -ngl 2 -b 16"),
    ("llama-q4_0", 1, "-c 4096 -np 1 -ngl 1 -ctk q8_0 -ctv q8_0"),
)


def estimated(start: dict[str, Any]) -> Estimate:
    """The estimate for a recorded start."""
    flags = read_flags(start["flags"])
    assert isinstance(flags, Flags)
    cards = [Device(f"Vulkan{index}", CARD) for index in range(start["devices"])]
    found = estimate(facts(start["model"]), flags, cards)
    assert isinstance(found, Estimate)
    return found


def main() -> None:
    """Record every case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    server = parser.parse_args().server
    os.environ["GGML_VK_DISABLE_GRAPH_OPTIMIZE"] = "1"
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, devices, flags in CASES:
            made = TINY[name]()
            path = write_gguf(Path(folder) / f"{name}.gguf", made.entries, made.tensors)
            os.environ["GGML_VK_VISIBLE_DEVICES"] = ",".join("0" * devices)
            start = record.recorded(server, None, path, 0, flags.split())
            found.append({**start, "devices": devices})
            print(json.dumps(found[-1]), flush=True)
    lines = ",\n".join(json.dumps(each) for each in found)
    PATH.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
