"""From files to a fleet: what is kept, what is reported, and what it costs."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

import llamafleet
from llamafleet.api import load
from llamafleet.compiler import Compiled, compile_file, compile_text

SMALL = """fleet 1

gpu p40 {
    vendor = nvidia
    vram   = 24GiB
}

host a {
    gpus = [p40, p40]
}

build cpu {
    ref     = "b11434"
    backend = cpu
}

gguf small {
    path = "/models/small.gguf"
}

model m {
    gguf = small
}

llama-swap s {
    host   = a
    build  = cpu
    models = [m]
}
"""


def codes(compiled: Compiled) -> list[str]:
    """The codes found, in printing order."""
    return [each.code for each in compiled.diagnostics]


def test_a_small_fleet() -> None:
    """Defaults are filled in."""
    compiled = compile_text(SMALL)
    assert codes(compiled) == []
    fleet = compiled.fleet
    assert fleet is not None
    assert fleet.path == "fleet.fleet"
    host = fleet.hosts["a"]
    assert (host.address, host.models_dir, host.ssh.sudo) == (
        "a",
        "/var/lib/llamafleet/models",
        True,
    )
    assert [gpu.name for gpu in host.gpus] == ["p40", "p40"]
    build = fleet.builds["cpu"]
    assert (build.source, build.url) == ("git", "https://github.com/ggml-org/llama.cpp")
    assert build.targets == ("llama-server", "llama-fit-params")
    assert fleet.services["s"].models == ("m",)


def test_urls_of_archives() -> None:
    """An archive is upstream's tarball of the tag."""
    text = SMALL.replace("backend = cpu", f'backend = cpu\nsource = archive\nsha256 = "{"a" * 64}"')
    fleet = compile_text(text).fleet
    assert fleet is not None
    url = "https://github.com/ggml-org/llama.cpp/archive/refs/tags/b11434.tar.gz"
    assert fleet.builds["cpu"].url == url


def test_what_is_included_may_be_a_catalogue(tmp_path: Path) -> None:
    """Nobody has to use all of a shared file; in the fleet's own file it is a warning."""
    extra = 'gguf spare {\n    path = "/models/spare.gguf"\n}\n'
    (tmp_path / "more.fleet").write_text(f"fleet 1\n\n{extra}")
    main = tmp_path / "main.fleet"
    main.write_text(SMALL.replace("fleet 1\n", 'fleet 1\n\ninclude "more.fleet"\n'))
    compiled = compile_file(main)
    assert codes(compiled) == []
    assert compiled.fleet is not None
    assert compiled.fleet.path == str(main)
    assert list(compiled.fleet.ggufs) == ["spare", "small"]
    assert codes(compile_text(SMALL + extra)) == ["unused-definition"]


def test_one_broken_definition_is_reported_once() -> None:
    """Who refers to something broken is not to blame."""
    text = SMALL.replace('path = "/models/small.gguf"', "path = small.gguf")
    assert codes(compile_text(text)) == ["wrong-type"]
    text = SMALL.replace("backend = cpu", "backend = cpuu")
    assert codes(compile_text(text)) == ["wrong-type"]
    text = SMALL.replace("vendor = nvidia", "vendor = nvidea")
    assert codes(compile_text(text)) == ["wrong-type"]


def test_a_syntax_error_does_not_drag_others_along() -> None:
    """What stood in an unreadable line is not missed; what can be read is still checked."""
    text = SMALL.replace("gguf = small", "gguf small\n    ctx-size = 4k\n    cache-typ-k = q4_0")
    assert codes(compile_text(text)) == ["syntax", "syntax", "unknown-key"]


def test_all_errors_of_several_kinds_at_once() -> None:
    """One run reports everything."""
    text = SMALL.replace("gguf = small", "gguf = smal\n    ctx-size = 64KiB")
    text = text.replace("vram   = 24GiB", "vram = 24")
    assert codes(compile_text(text)) == ["wrong-type", "unknown-name", "wrong-type"]


def test_load_prints_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An inventory with a bad fleet file ends before any host is touched."""
    path = tmp_path / "bad.fleet"
    path.write_text(SMALL.replace("models = [m]", "models = [n]"))
    with pytest.raises(SystemExit) as caught:
        load(path)
    assert caught.value.code == 1
    printed = capsys.readouterr()
    assert "error[unknown-name]" in printed.err
    assert printed.out == ""


def test_load_compiles_once(tmp_path: Path) -> None:
    """A deploy file is executed once a host; the fleet is the same object."""
    path = tmp_path / "good.fleet"
    path.write_text(SMALL)
    assert load(path) is load(str(path))
    assert llamafleet.load is load


def test_checking_imports_nothing_heavy() -> None:
    """`llamafleet check` runs on every key press."""
    program = "import sys, llamafleet.compiler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"yaml", "lark", "pyinfra", "httpx", "huggingface_hub", "jsonschema", "asyncio"}
    assert not heavy & set(done.stdout.split())


def many(hosts: int) -> str:
    """A fleet of that many hosts with five models each."""
    parts = [SMALL]
    for h in range(hosts):
        names = [f"m{h}x{i}" for i in range(5)]
        parts += [f"model {name} {{\n    like = m\n    ttl = 5m\n}}\n" for name in names]
        parts.append(f"host h{h} {{\n    gpus = [p40]\n}}\n")
        parts.append(
            f"llama-swap s{h} {{\n    host = h{h}\n    build = cpu\n"
            f"    models = [{', '.join(names)}]\n"
            f"    matrix {{\n        set s = {' | '.join(names)}\n    }}\n}}\n"
        )
    return "\n".join(parts)


def test_the_collector_goes_on_whatever_happens() -> None:
    """It rests while a fleet is compiled, and is then as it was before."""
    seen: list[bool] = []

    def read(path: str) -> bytes:
        seen.append(gc.isenabled())
        raise RuntimeError(path)

    with pytest.raises(RuntimeError):
        compile_file("fleet.fleet", read)
    assert (seen, gc.isenabled()) == ([False], True)
    gc.disable()
    try:
        compile_text(SMALL)
        assert not gc.isenabled()
    finally:
        gc.enable()


CYCLES = """
import gc, sys
from llamafleet.compiler import compile_text
text = sys.stdin.read()
compile_text(text)
gc.collect()
gc.disable()  # else the collector may be there first
compile_text(text)
print(gc.collect())
"""


def test_a_large_fleet_leaves_no_cycles() -> None:
    """Else a collector that rests would let memory grow. Here nobody else leaves any."""
    command = [sys.executable, "-c", CYCLES]
    done = subprocess.run(command, input=many(20), capture_output=True, text=True, check=True)
    assert int(done.stdout) == 0
