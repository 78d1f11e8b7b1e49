"""Other weights are another configuration: they change the digest, and with it what restarts."""

from __future__ import annotations

import json

import pytest

from llamafleet.compiler import compile_file
from llamafleet.plan import plan_host
from llamafleet.targets.plan_types import HostPlan

FLEET = """\
fleet 1

host h {
    address = "10.0.0.1"
}

build b {
    ref     = "b11434"
    backend = cpu
}

gguf main {
    hf-repo = "o/main-GGUF"
    hf-file = "main-00001-of-00002.gguf"
}

gguf eyes {
    hf-repo = "o/main-GGUF"
    hf-file = "mmproj.gguf"
}

gguf draft {
    hf-repo = "o/draft-GGUF"
    hf-file = "draft.gguf"
}

model m {
    gguf   = main
    mmproj = eyes
    draft  = draft
}

llama-server single {
    host   = h
    build  = b
    model  = m
    listen = "127.0.0.1:9000"
}

llama-swap swap {
    host   = h
    build  = b
    models = [m]
}
"""
FILES = {
    "main": ("o/main-GGUF", ("main-00001-of-00002.gguf", "main-00002-of-00002.gguf")),
    "eyes": ("o/main-GGUF", ("mmproj.gguf",)),
    "draft": ("o/draft-GGUF", ("draft.gguf",)),
}


def lock(commit: str = "a" * 40, **changed: str) -> str:
    """A lock of all three; `changed` names weights whose last file has other bytes."""
    ggufs = {}
    for name, (repo, files) in FILES.items():
        hashes = [f"{index}" * 64 for index, _ in enumerate(files)]
        hashes[-1] = changed.get(name, hashes[-1])
        ggufs[name] = {
            "asked": {"repo": repo, "revision": "main", "file": files[0]},
            "revision": commit,
            "files": [
                {"file": file, "size": 10, "sha256": digest}
                for file, digest in zip(files, hashes, strict=True)
            ],
        }
    return json.dumps({"lock": 1, "fleet": "fleet.fleet", "ggufs": ggufs})


def plan(locked: str | None) -> HostPlan:
    files = {"fleet.fleet": FLEET.encode()} | ({"fleet.lock": locked.encode()} if locked else {})

    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    compiled = compile_file("fleet.fleet", read)
    assert compiled.fleet is not None, compiled.diagnostics
    return plan_host(compiled.fleet, "h")


def digests(of: HostPlan) -> list[str | None]:
    probes = [probe for service in of.services for probe in service.probes]
    return [model.digest for probe in probes for model in probe.models]


@pytest.mark.parametrize("name", FILES)
def test_other_bytes_at_the_same_path_restart_what_serves_them(name: str) -> None:
    before, after = plan(lock()), plan(lock(**{name: "f" * 64}))
    assert [each.path for each in before.ggufs] == [each.path for each in after.ggufs]
    assert not set(digests(before)) & set(digests(after))
    changed = {
        unit
        for old, new in zip(before.artifacts, after.artifacts, strict=True)
        if old.content != new.content
        for unit in new.restarts
    }
    assert changed == {"llama-server-single-0.service", "llama-swap-swap.service"}


def test_a_new_commit_with_the_same_bytes_restarts_nothing() -> None:
    before, after = plan(lock()), plan(lock("b" * 40))
    assert before.artifacts == after.artifacts
    assert [each.path for each in before.ggufs] == [each.path for each in after.ggufs]


def test_weights_that_no_lock_knows_leave_the_digest_as_it_is_without_them() -> None:
    assert not set(digests(plan(None))) & set(digests(plan(lock())))
    assert digests(plan(None)) == digests(plan(None))
