"""Record what the real llama-server logs, for the tests to compare with.

    python -m tests.memory.record --server .../llama-server [--rpc-server .../ggml-rpc-server]

Several devices are RPC servers of the same build on this machine, each a CPU.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.gguf.writing import write_gguf
from tests.memory.cases import ALL, CASES

RECORDINGS = Path(__file__).parent / "recordings.json"
PATIENCE = 60

LINE = re.compile(r": +(\S+) +(model|output|KV|RS|compute) buffer size = +([\d.]+) MiB")
KINDS = {
    "model": "weights",
    "output": "output",
    "KV": "kv",
    "RS": "recurrent",
    "compute": "compute",
}


def main() -> None:
    """Record every case that the given programs allow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--server", required=True)
    parser.add_argument("--rpc-server")
    asked = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for model, devices, flags in CASES:
            if devices and not asked.rpc_server:
                continue
            path = Path(folder) / f"{model}.gguf"
            if not path.exists():
                made = ALL[model]()
                write_gguf(path, made.entries, made.tensors)
            found.append(recorded(asked.server, asked.rpc_server, path, devices, flags))
            print(json.dumps(found[-1]))
    lines = ",\n".join(json.dumps(each) for each in found)
    RECORDINGS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def recorded(
    server: str, rpc_server: str | None, path: Path, devices: int, flags: Sequence[str]
) -> dict[str, object]:
    """One start of the server, and the buffers that it says it has."""
    ports = [free_port() for _ in range(devices)]
    more: list[str] = []
    with ExitStack() as stack:
        for port in ports:
            assert rpc_server
            helper = subprocess.Popen(
                [rpc_server, "-d", "CPU", "-p", str(port)], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(helper.wait)
            stack.callback(helper.kill)
        if ports:
            time.sleep(0.5)
            more = ["--rpc", ",".join(f"127.0.0.1:{port}" for port in ports)]
        argv = [server, "-m", str(path), "--port", str(free_port()), "-fit", "off", "-lv", "4",
                "--no-warmup", *more, *flags]  # fmt: skip
        lines = list(said(argv))
    buffers: dict[str, dict[str, float]] = {}
    for device, kind, size in logged(lines, ports):
        of = buffers.setdefault(device, {})
        of[kind] = round(of.get(kind, 0.0) + size, 2)
    whole = "\n".join(lines)
    return {
        "model": path.stem,
        "devices": devices,
        "flags": list(flags),
        "n_ctx": number(r"n_ctx +=", whole),
        "n_ctx_per_slot": number(r"n_ctx_seq +=", whole),
        "buffers": buffers,
    }


def logged(lines: Sequence[str], ports: Sequence[int]) -> Iterator[tuple[str, str, float]]:
    """Each buffer of a log. What a context lays out again takes the place of what it had."""
    contexts, computed = 0, dict[tuple[str, int], float]()
    for line in lines:
        contexts += "n_seq_max  " in line
        match = LINE.search(line)
        if match is None:
            continue
        device, kind, size = named(match[1], ports), KINDS[match[2]], float(match[3])
        if kind == "compute" and "sched_reserve:" in line:
            computed[device, contexts] = size
        else:
            yield device, kind, size
    for (device, _), size in computed.items():
        yield device, "compute", size


def said(argv: Sequence[str]) -> Iterator[str]:
    """The server's log until the model is there."""
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    timer = threading.Timer(PATIENCE, server.kill)
    timer.start()
    assert server.stdout
    for line in server.stdout:
        yield line
        if "model loaded" in line:
            break
    timer.cancel()
    server.kill()
    server.wait()


def named(buffer: str, ports: Sequence[int]) -> str:
    """`RPC0[127.0.0.1:50052]` by the order of the servers; all of the host's buffers are CPU."""
    match = re.search(r":(\d+)\]", buffer)
    if match:
        return f"RPC{ports.index(int(match[1]))}"
    return "CPU" if buffer.startswith("CPU") or buffer.endswith("_Host") else buffer


def number(pattern: str, text: str) -> int:
    """The number behind a pattern."""
    match = re.search(pattern + r" +(\d+)", text)
    return int(match[1]) if match else 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
