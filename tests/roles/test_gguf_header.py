"""The header of a model on a host, read by the script that runs there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from llamafleet.gguf import GgufError, GgufFacts, read_facts
from llamafleet_roles.gguf_files.header import FilePart, GgufPart, read_facts_in_parts
from tests.gguf.writing import write_gguf
from tests.lock.hubs import in_shards

LARGE: dict[str, object] = {
    "general.architecture": "llama",
    "llama.block_count": 1,
    "tokenizer.ggml.tokens": tuple(f"token {at} {'x' * 60}" for at in range(40_000)),
}
TENSORS = (("token_embd.weight", "Q8_0", (4096, 40_000)),)


class Machine:
    """This machine, asked as a host is; it remembers how much it said."""

    def __init__(self) -> None:
        self.printed = 0

    def ask(self, name: str, start: int, end: int) -> FilePart | None:
        """A part of a file by the fact's own command."""
        fact = GgufPart()
        command = fact.command(path=name, start=start, end=end)
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        self.printed += len(done.stdout)
        return fact.process(done.stdout.splitlines())


def test_only_the_header_travels(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "it's a model.gguf", LARGE, TENSORS)
    machine = Machine()
    found = read_facts_in_parts(machine.ask, str(path))
    assert isinstance(found, GgufFacts)
    assert found == read_facts(path)
    assert found.vocabulary == 40_000
    assert machine.printed < 1 << 20 < 100 << 20 < path.stat().st_size


def test_shards_are_read_together(tmp_path: Path) -> None:
    for name, data in in_shards("m").items():
        (tmp_path / name).write_bytes(data)
    path = str(tmp_path / "m-00001-of-00002.gguf")
    found = read_facts_in_parts(Machine().ask, path)
    assert found == read_facts(path)
    (tmp_path / "m-00002-of-00002.gguf").unlink()
    assert "m-00002-of-00002.gguf: the file does not exist" in str(
        read_facts_in_parts(Machine().ask, path)
    )


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", LARGE, TENSORS)
    with path.open("r+b") as stream:
        stream.truncate(10_000_000)
    assert "the copy is incomplete" in str(read_facts_in_parts(Machine().ask, str(path)))
    path.write_bytes(b"")
    assert str(read_facts_in_parts(Machine().ask, str(path))) == f"{path}: the file is empty"
    path.write_bytes(b"<!DOCTYPE html>")
    assert isinstance(read_facts_in_parts(Machine().ask, str(path)), GgufError)
    assert "the file does not exist" in str(read_facts_in_parts(Machine().ask, str(tmp_path)))
    assert GgufPart().process(["size 3", "no base64"]) is None
    assert GgufPart().process([]) is None
