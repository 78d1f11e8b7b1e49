"""Two revisions of one file never share a path, and what does not collide stays where it was."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from llamafleet.compiler import compile_file
from llamafleet.plan import plan_host

HEAD = """\
fleet 1

host h {
    address = "10.0.0.1"
}

build b {
    ref     = "b11434"
    backend = cpu
}
"""
A, B = "a" * 40, "b" * 40
Blocks = tuple[tuple[str, str, str | None], ...]
"""Name, revision and SHA-256 of blocks that name the same file."""


def paths(blocks: Blocks, lock: dict[str, tuple[str, str, str]] | None = None) -> dict[str, str]:
    """Where the weights of each block are; a lock has the revision asked, the commit, the hash."""
    text = HEAD
    for name, revision, sha256 in blocks:
        hashed = f'    sha256 = "{sha256}"\n' if sha256 else ""
        text += f'\ngguf {name} {{\n    hf-repo = "o/r"\n    hf-file = "m.gguf"\n'
        text += (
            f'    revision = "{revision}"\n{hashed}}}\n\nmodel of-{name} {{\n gguf = {name}\n}}\n'
        )
    text += "\nllama-swap s {\n host = h\n build = b\n models = ["
    text += ", ".join(f"of-{name}" for name, _, _ in blocks) + "]\n}\n"
    files = {"fleet.fleet": text.encode()}
    if lock is not None:
        ggufs = {
            name: {
                "asked": {"repo": "o/r", "revision": asked, "file": "m.gguf"},
                "revision": commit,
                "files": [{"file": "m.gguf", "size": 9, "sha256": digest * 64}],
            }
            for name, (asked, commit, digest) in lock.items()
        }
        files["fleet.lock"] = json.dumps({"lock": 1, "ggufs": ggufs}).encode()

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    compiled = compile_file("fleet.fleet", read)
    assert compiled.fleet is not None, compiled.diagnostics
    found = {each.gguf.name: each.path for each in plan_host(compiled.fleet, "h").ggufs}
    return {name: path.removeprefix("/var/lib/llamafleet/models/") for name, path in found.items()}


def test_one_revision_is_where_it_always_was() -> None:
    assert paths((("x", "main", None),)) == {"x": "o/r/m.gguf"}
    assert paths((("x", "v2", None),)) == {"x": "o/r/m.gguf"}
    assert paths((("x", A, None), ("y", A, None))) == {"x": "o/r/m.gguf", "y": "o/r/m.gguf"}


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_the_default_revision_keeps_its_path_in_any_order(order: tuple[int, ...]) -> None:
    blocks = (("x", "main", None), ("y", A, None), ("z", "refs/pr/1", None))
    found = paths(tuple(blocks[each] for each in order))
    assert found["x"] == "o/r/m.gguf"
    assert found["y"] == f"o/r@{A[:12]}/m.gguf"
    assert found["z"].startswith("o/r@")
    assert found["z"].count("/") == 2
    assert len(set(found.values())) == 3


def test_without_a_default_the_first_one_keeps_it() -> None:
    assert paths((("x", "v1", None), ("y", "v2", None))) == {
        "x": "o/r/m.gguf",
        "y": "o/r@v2/m.gguf",
    }


def test_the_same_bytes_share_a_path_whatever_their_commits() -> None:
    blocks = (("x", "main", None), ("y", "v2", None))
    same = {"x": ("main", A, "1"), "y": ("v2", B, "1")}
    assert set(paths(blocks, same).values()) == {"o/r/m.gguf"}
    other = {"x": ("main", A, "1"), "y": ("v2", B, "2")}
    assert paths(blocks, other) == {"x": "o/r/m.gguf", "y": f"o/r@{B[:12]}/m.gguf"}


def test_one_branch_locked_on_two_days_is_two_revisions() -> None:
    blocks = (("old", "main", None), ("new", "main", None))
    found = paths(blocks, {"old": ("main", A, "1"), "new": ("main", B, "2")})
    assert found == {"old": "o/r/m.gguf", "new": f"o/r@{B[:12]}/m.gguf"}
