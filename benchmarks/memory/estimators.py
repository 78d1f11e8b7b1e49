"""Estimators of a start: each a process of its own, except the rule of thumb."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from benchmarks.memory.starts import MIB, Sizes, Start, by_part
from llamafleet.capacity.memory import Flags, read_flags
from tests.lab.paths import cache_directory
from tests.memory.record import free_port

CARD = "24GiB"
TOOL, RPC = "llama-fit-params", "ggml-rpc-server"
PARSER = Path(__file__).parent.parent / "gguf_parser"


@dataclass(frozen=True, slots=True)
class Estimator:
    """A named function that estimates a start; None if it gives no estimate."""

    name: str
    estimate: Callable[[Start], Sizes | None]
    process: bool = True


def llamafleet(start: Start) -> Sizes | None:
    """`llamafleet memory` with the server's own flags."""
    cards = [f"--gpu=RPC{index}={CARD}" for index in range(start.devices)]
    argv = [sys.executable, "-m", "llamafleet", "memory", str(start.file), *start.flags, *cards]
    said = _output([*argv, "--format", "json"])
    kinds = ("weights", "kv", "recurrent", "compute", "output")
    if not said:
        return None
    return {
        each["device"]: by_part({kind: each[f"{kind}_mib"] for kind in kinds})
        for each in json.loads(said)["devices"]
    }


def fit_params(tool: str, rpc_server: str | None) -> Estimator:
    """Upstream's own oracle, with the same flags; it has no flag that only the server has."""

    def estimate(start: Start) -> Sizes | None:
        if start.devices and not rpc_server:
            return None
        with _devices(rpc_server or "", start.devices) as more:
            argv = [tool, "-m", str(start.file), *start.flags, *more]
            said = _output([*argv, "--fit-print", "on"])
        found = {}
        for line in said.splitlines():
            match line.split():
                case [name, weights, cache, compute] if compute.isdigit():
                    row = {"weights": float(weights), "cache": float(cache)}
                    found["CPU" if name == "Host" else name] = {**row, "compute": float(compute)}
        return found or None

    return Estimator("llama-fit-params", estimate)


def gguf_parser(program: str) -> Estimator:
    """gguf-parser-go, with what its library has of the same flags."""

    def estimate(start: Start) -> Sizes | None:
        flags = read_flags(start.flags)
        assert isinstance(flags, Flags)
        said = _output([program, *_for_parser(flags, start.devices), str(start.file)])
        names = ["CPU", *(f"RPC{index}" for index in range(start.devices))]
        found = json.loads(said or "[]")
        return {
            name: {part: size / MIB for part, size in each.items()}
            for name, each in zip(names, found, strict=False)
        } or None

    return Estimator("gguf-parser-go 0.26.3", estimate)


def _for_parser(flags: Flags, devices: int) -> Iterator[str]:
    yield f"--context={flags.ctx_size or 0}"
    yield f"--parallel={flags.slots}"
    yield f"--batch={max(flags.batch_size, flags.ubatch_size)}"
    yield f"--ubatch={flags.ubatch_size}"
    yield f"--k={flags.cache_type_k}"
    yield f"--v={flags.cache_type_v}"
    yield f"--flash-attention={str(flags.flash_attn).lower()}"
    yield f"--kv-offload={str(flags.kv_offload).lower()}"
    yield f"--swa-full={str(flags.swa_full).lower()}"
    yield f"--on-cpu={' '.join(each.pattern for each in flags.overrides)}"
    if devices:
        shares = flags.tensor_split or (1.0,) * devices
        split = ",".join(str(each / sum(shares)) for each in accumulate(shares[:-1]))
        yield f"--split={split and split + ','}1"
        yield f"--layers={min(flags.gpu_layers, 1 << 20)}"
        if flags.split_mode == "none":
            yield "--single"
            yield f"--main={flags.main_gpu}"


def file_size_plus(gigabytes: int) -> Estimator:
    """Size of the file and some GB, over the cards as they are."""

    def estimate(start: Start) -> Sizes | None:
        whole = start.file.stat().st_size / MIB + gigabytes * 1024
        names = [f"RPC{index}" for index in range(start.devices)] or ["CPU"]
        return {name: {"whole": whole / len(names)} for name in names}

    return Estimator(f"file + {gigabytes} GB", estimate, process=False)


def tool_at(given: str | None, name: str) -> str | None:
    """The program that is named, or on PATH, or in a build that the lab has kept."""
    if given or (given := shutil.which(name)):
        return given
    return next((str(each) for each in sorted(cache_directory().rglob(name))), None)


def built_parser(folder: Path) -> str | None:
    """gguf-parser-go's estimate as a program; None without Go, or where it cannot be built."""
    go = shutil.which("go")
    if go is None:
        return None
    program = folder / "gguf_parser"
    built = subprocess.run([go, "build", "-o", program, "."], cwd=PARSER, check=False)
    return str(program) if built.returncode == 0 else None


@contextmanager
def _devices(rpc_server: str, count: int) -> Iterator[list[str]]:
    """Fresh RPC servers: each serves one client."""
    ports = [free_port() for _ in range(count)]
    running = [
        subprocess.Popen(
            [rpc_server, "-d", "CPU", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]  # fmt: skip
    try:
        if running:
            time.sleep(0.3)
        yield ["--rpc", ",".join(f"127.0.0.1:{port}" for port in ports)] if ports else []
    finally:
        for each in running:
            each.kill()
            each.wait()


def _output(argv: list[str]) -> str:
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
