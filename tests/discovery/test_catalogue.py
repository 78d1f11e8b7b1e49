"""Which files of a folder become models, under which names, and what is said of the others."""

from __future__ import annotations

import pytest

from llamafleet.discovery.files import Asked, SeenFile
from llamafleet.fleet.observed import ObservedFile
from llamafleet.gguf.facts import GgufFacts
from llamafleet.gguf.problem import GgufError
from tests.discovery.example_lock import LOCK, text
from tests.discovery.making import FOLDER, facts, found, names, projector, reasons, seen


def test_a_file_is_a_model_of_its_stem() -> None:
    assert names(found(seen("Qwen3-4B-Q4_K_M.gguf", "a b.gguf", "notes.txt"))) == {
        "Qwen3-4B-Q4_K_M": "Qwen3-4B-Q4_K_M.gguf"
    }


def test_shards_are_one_model_and_a_missing_one_is_said() -> None:
    whole = [f"big-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    made = found(seen(*whole, "part-00002-of-00002.gguf", "torn-00001-of-00002.gguf"))
    assert names(made) == {"big": "big-00001-of-00003.gguf"}
    assert [each.file for each in made.folder.models[0].files] == [f"{FOLDER}/{n}" for n in whole]
    assert reasons(made) == {
        "part-00002-of-00002.gguf": "one of its 2 shards is missing: part-00001-of-00002.gguf",
        "torn-00001-of-00002.gguf": "one of its 2 shards is missing: torn-00002-of-00002.gguf",
    }
    assert all(each.of_note for each in made.left_out)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("mtp-Qwen3.gguf", "multi-token prediction"),
        ("dflash-Qwen3.gguf", "a DFlash draft"),
        ("eagle3-Qwen3.gguf", "an EAGLE-3 draft"),
        ("DSpark-Qwen3.gguf", "a DSpark draft"),
        ("Qwen3.imatrix.gguf", "an importance matrix"),
    ],
)
def test_sidecars_are_known_by_their_names(name: str, what: str) -> None:
    asks: list[str] = []
    made = found(seen(name), asks=asks)
    assert (names(made), asks) == ({}, [])
    assert reasons(made) == {name: f"it is {what}, not a model"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (facts(type="adapter"), "it is an adapter (LoRA), not a model"),
        (facts("eagle3"), "it is an EAGLE-3 draft, not a model"),
        (facts(blocks=0), "it has no tensors: it is a vocabulary, not a model"),
        (
            facts("flux", block_count=0),
            "its header lacks flux.block_count: llama.cpp cannot load it",
        ),
        (
            facts("qwen35"),
            "its header lacks qwen35.rope.dimension_sections: llama.cpp cannot load it",
        ),
        (GgufError("the file is empty"), "the file is empty"),
    ],
)  # fmt: skip
def test_what_is_no_model_by_its_header_is_left_out(
    header: GgufFacts | GgufError, reason: str
) -> None:
    made = found(seen("x.gguf", "y.gguf"), {"x.gguf": header})
    assert names(made) == {"y": "y.gguf"}
    assert reasons(made) == {"x.gguf": reason}
    assert [each.file for each in made.folder.others] == ["/models/x.gguf"]


def test_blobs_of_ollama_are_models_only_if_their_header_loads() -> None:
    asked = Asked(FOLDER, ("ollama/blobs/sha256-*",), ())
    blobs = [f"ollama/blobs/sha256-{letter * 64}" for letter in "abcde"]
    headers: dict[str, GgufFacts | GgufError] = {
        blobs[0]: facts(name="Llama 3.1 70B"),
        blobs[1]: facts("mystery"),
        blobs[2]: facts(blocks=3),
        blobs[3]: GgufError('not a GGUF file: it begins with "{"'),
        blobs[4]: facts("qwen35", rope__dimension_sections=(1, 2)),
    }
    made = found(seen(*blobs, "usual.gguf"), headers, asked=asked)
    assert names(made) == {"Llama-3.1-70B": blobs[0], f"sha256-{'e' * 64}": blobs[4]}
    assert reasons(made) == {
        blobs[1]: "its architecture, mystery, is not one of llama.cpp's",
        blobs[2]: "its header says 2 blocks, but it has 3: llama.cpp cannot load it",
        blobs[3]: 'not a GGUF file: it begins with "{"',
    }


@pytest.mark.parametrize(
    ("files", "attached"),
    [
        (("a-Q4_K_M.gguf", "mmproj-a-F16.gguf"), {"a-Q4_K_M": "mmproj-a-F16.gguf"}),
        (("a-Q4_K_M.gguf", "a.mmproj-f16.gguf"), {"a-Q4_K_M": "a.mmproj-f16.gguf"}),
        (("v/a-Q8_0.gguf", "v/mmproj-F16.gguf"), {"a-Q8_0": "v/mmproj-F16.gguf"}),
        (
            ("a-Q8_0.gguf", "a-IQ4_XS.gguf", "mmproj-BF16.gguf"),
            {"a-Q8_0": "mmproj-BF16.gguf", "a-IQ4_XS": "mmproj-BF16.gguf"},
        ),
        (("a.gguf", "b.gguf", "mmproj-F16.gguf"), {}),
        (("a.gguf", "b.gguf", "mmproj-b.gguf"), {"b": "mmproj-b.gguf"}),
        (("a.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf"), {}),
        (("a.gguf", "elsewhere/mmproj-a.gguf"), {}),
    ],
)
def test_a_projector_is_attached_where_only_one_fits(
    files: tuple[str, ...], attached: dict[str, str]
) -> None:
    headers = {each: projector() for each in files if "mmproj" in each}
    made = found(seen(*files), headers)
    assert {
        each.name: each.mmproj.removeprefix("/models/")
        for each in made.folder.models
        if each.mmproj
    } == attached
    assert {each.path for each in made.folder.projectors} == {
        f"/models/{each}" for each in attached.values()
    }
    left = {each for each in headers if each not in attached.values()}
    assert left <= reasons(made).keys()


def test_a_projector_of_another_size_is_not_attached() -> None:
    made = found(seen("a.gguf", "mmproj-a.gguf"), {"mmproj-a.gguf": projector(65)})
    assert made.folder.models[0].mmproj is None
    made = found(seen("a.gguf", "mmproj-a.gguf"), {"mmproj-a.gguf": projector(64)})
    assert made.folder.models[0].mmproj == "/models/mmproj-a.gguf"


def test_what_the_fleet_file_names_is_not_discovered_under_any_name() -> None:
    asked = Asked(FOLDER, ("*.gguf",), (), frozenset({"/models/big-00001-of-00002.gguf"}))
    files = (
        *seen("big-00001-of-00002.gguf", "other.gguf"),
        SeenFile(ObservedFile("/models/link.gguf", 100, 5), "1:big-00001-of-00002.gguf"),
    )
    assert names(found(files, asked=asked)) == {"other": "other.gguf"}


def test_two_names_of_one_file_are_one_model() -> None:
    files = (*seen("b.gguf"), SeenFile(ObservedFile("/models/a.gguf", 100, 5), "1:b.gguf"))
    made = found(files)
    assert names(made) == {"a": "a.gguf"}
    assert reasons(made) == {"b.gguf": "it is another name of /models/a.gguf"}


def test_patterns_are_for_names_and_for_paths() -> None:
    asked = Asked(FOLDER, ("*.gguf",), ("mmproj-*", "ollama/*", "*-Q2_K.gguf"))
    files = seen("x.gguf", "in/mmproj-x.gguf", "ollama/deep/y.gguf", "in/z-Q2_K.gguf", "in/ok.gguf")
    assert names(found(files, asked=asked)) == {"x": "x.gguf", "ok": "in/ok.gguf"}


def test_names_meet_in_the_same_way_every_time_and_stay() -> None:
    first = found(seen("b/x.gguf"))
    assert names(first) == {"x": "b/x.gguf"}
    both = found(seen("a/x.gguf", "b/x.gguf", "x.gguf"), before=first.folder)
    assert names(both) == {"x": "b/x.gguf", "a-x": "a/x.gguf", "x-2": "x.gguf"}
    afresh = found(seen("a/x.gguf", "b/x.gguf", "x.gguf"))
    assert names(afresh) == {"x": "x.gguf", "a-x": "a/x.gguf", "b-x": "b/x.gguf"}
    rest = found(seen("a/x.gguf", "x.gguf"), before=both.folder)
    assert names(rest) == {"a-x": "a/x.gguf", "x-2": "x.gguf"}


def test_only_headers_of_new_and_changed_files_are_read() -> None:
    before = found(seen("a.gguf", "b.gguf")).folder
    asks: list[str] = []
    files = (*seen("a.gguf", "c.gguf"), *seen("b.gguf", mtime=6))
    made = found(files, before=before, asks=asks)
    assert asks == ["/models/b.gguf", "/models/c.gguf"]
    assert [each.name for each in made.folder.models] == ["a", "b", "c"]
    assert found(files, before=made.folder).folder == made.folder


def test_the_lock_of_the_example_is_that_of_its_shapes() -> None:
    assert LOCK.read_text(encoding="utf-8") == text()
