"""What holds of any folder: names are unique and stay, every file is a model's or is told of."""

from __future__ import annotations

import random
import re

import pytest

from llamafleet.discovery.files import SeenFile, bad_path
from llamafleet.fleet.schema.label import is_name
from llamafleet.gguf.facts import GgufFacts
from llamafleet.gguf.problem import GgufError
from llamafleet.lock.discovered import folder_tree, read_folders
from tests.discovery.making import facts, found, projector, seen

STEMS = (
    "x", "X", "7b", "true", "Qwen3-4B-Q4_K_M", "qwen3.5:27b", "ünïcode", "-", "...", "a b", "<<",
    "$HOME", "${PORT}", "%i", "mmproj-x", "mtp-x", "x.imatrix", "sha256-00", "'", '"', "n" * 200,
)  # fmt: skip
FOLDERS = ("", "a/", "b/", "a/b/", "-/", "a-b/")


def random_folder(dice: random.Random) -> tuple[SeenFile, ...]:
    paths: set[str] = set()
    for _ in range(dice.randrange(1, 30)):
        path = dice.choice(FOLDERS) + dice.choice(STEMS)
        if dice.random() < 0.3:
            count = dice.randrange(1, 4)
            shards = {f"{path}-{n:05}-of-{count:05}.gguf" for n in range(1, count + 1)}
            paths |= {each for each in shards if dice.random() < 0.9}
        else:
            paths.add(f"{path}.gguf")
    files = seen(*paths)
    linked = [SeenFile(each.file, dice.choice(files).inode) for each in files[::7]]
    kept = [*linked, *(each for each in files if each.file not in {one.file for one in linked})]
    dice.shuffle(kept)
    return tuple(kept)


def random_headers(
    dice: random.Random, files: tuple[SeenFile, ...]
) -> dict[str, GgufFacts | GgufError]:
    choices = (facts(), projector(), projector(64), projector(1), facts(type="adapter"))
    return {
        each.file.file.removeprefix("/models/"): dice.choice((*choices, GgufError("cut off")))
        for each in files
        if dice.random() < 0.4
    }


@pytest.mark.parametrize("seed", range(300))
def test_of_any_folder(seed: int) -> None:
    dice = random.Random(seed)
    files = random_folder(dice)
    headers = random_headers(dice, files)
    made = found(files, headers)
    names = [each.name for each in made.folder.models]
    assert len(set(names)) == len(names)
    assert all(is_name(each, free=True) for each in names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", each) for each in names)
    # The order in which a host lists its files says nothing.
    assert found(tuple(reversed(files)), headers) == made
    # A second look finds the same.
    assert found(files, headers, before=made.folder).folder == made.folder
    assert {each.path for each in made.folder.projectors} == {
        each.mmproj for each in made.folder.models if each.mmproj
    }
    # Every file is in one model or projector, or among the others; a first one is told of.
    sets = (*made.folder.models, *made.folder.projectors)
    used = [file.file for each in sets for file in each.files]
    others = [each.file for each in made.folder.others]
    plain = [each.file.file for each in files if not bad_path(each.file.file)]
    assert sorted(used + others) == sorted(plain)
    # A lock can hold it.
    tree = {"s": {"/models": folder_tree(made.folder)}}
    assert read_folders(tree)["s"]["/models"].models == made.folder.models


@pytest.mark.parametrize("seed", range(100))
def test_a_name_stays_while_its_file_does(seed: int) -> None:
    dice = random.Random(seed)
    files = random_folder(dice)
    before = found(files).folder
    gone = set(dice.sample(range(len(files)), len(files) // 3))
    fewer = tuple(each for number, each in enumerate(files) if number not in gone)
    new = tuple(each for each in random_folder(dice) if each.file not in {f.file for f in files})
    after = found((*fewer, *new), before=before).folder
    was = {each.files: each.name for each in before.models}
    assert all(each.name == was[each.files] for each in after.models if each.files in was)
    # Those that were there come first, so that a new one moves no port.
    kept = [each.name for each in after.models if each.files in was]
    assert kept == [each.name for each in before.models if each.name in kept]
    assert [each.name for each in after.models][: len(kept)] == kept
