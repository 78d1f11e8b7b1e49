"""Drill: a key of a model in llama-swap is one line in the table, and the whole product has it.

Once such a key had twelve rooms, and with the line alone it was rendered nowhere.
"""

from __future__ import annotations

import pytest
import yaml

from tests.drills.conftest import Tree
from tests.drills.test_llama_swap_key import FLEET, rendered, write_reference

TABLE = "dsl/llamafleet/fleet/schema/swap_keys.py"
LINES = """INHERITABLE = (
    Key(
        "greeting",
        Text(),
        "What it says first.",
        upstream="models.*.greeting",
        since=248,
    ),
    Key("nap", Duration(), "How long it rests.", upstream="models.*.compat.nap", since=249),
    Key("tags-of-it", ListOf(Text()), "Tags.", upstream="models.*.tags"),
"""
MODALITY = '    keys=(\n        Key("in", _MODALITIES,'
SEES = MODALITY.replace(
    "(\n", '(\n        Key("sees", Switch(), "It sees.", upstream="sees", since=248),\n', 1
)
SAID = """greeting = "hello"
    nap = 5m
    tags-of-it = ["a", "b c"]
    capabilities {
        sees  = on
        tools = on
    }
"""
MEANT = {
    "greeting": "hello",
    "compat": {"nap": 300},
    "tags": ["a", "b c"],
    "capabilities": {"sees": True, "tools": True},
}


def add_keys(tree: Tree, *, without: str = "") -> None:
    """Add the lines, and nothing else; `without` is a part of them that is forgotten."""
    tree.replace(TABLE, "INHERITABLE = (\n", LINES.replace(without, "") if without else LINES)
    tree.replace(TABLE, MODALITY, SEES)


@pytest.fixture
def changed(tree: Tree) -> Tree:
    add_keys(tree)
    return tree


def fleet(tree: Tree, lines: str, version: str = "v250") -> str:
    """Write the fleet whose model inherits these lines, and return its path."""
    text = FLEET.replace("    LINES\n", "").replace("v250", version)
    text = text.replace("model m {", f"defaults model {{\n    {lines}\n}}\n\nmodel m {{")
    return str(tree.write("drill/fleet.fleet", text))


def test_check_takes_its_values_and_refuses_others(changed: Tree) -> None:
    done = changed.llamafleet("check", fleet(changed, SAID))
    assert done.returncode == 0, done.stdout + done.stderr
    done = changed.llamafleet("check", fleet(changed, "greeting = 7\n nap = soon"))
    assert done.returncode == 1
    assert "greeting takes text in quotes" in done.stdout + done.stderr
    assert "nap takes a duration" in done.stdout + done.stderr
    done = changed.llamafleet("check", fleet(changed, 'greeting = "${MODEL_ID}"'))
    assert 'llama-swap would take ${MODEL_ID} in greeting of model "m"' in done.stdout + done.stderr


def test_explain_shows_it(changed: Tree) -> None:
    said = changed.llamafleet("explain", "model.greeting").stdout
    assert "What it says first." in said
    assert "upstream: models.*.greeting" in said
    assert "since: v248" in said


def test_render_writes_it_and_import_reads_it_back(changed: Tree) -> None:
    config = rendered(changed, fleet(changed, SAID))
    [model] = config["models"].values()  # type: ignore[attr-defined]
    assert {key: model.get(key) for key in MEANT} == MEANT
    del model["metadata"]
    path = changed.write("drill/config.yaml", yaml.safe_dump(config))
    done = changed.llamafleet("import", str(path), "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    words = " ".join(done.stdout.split())
    for line in ('greeting = "hello"', "nap = 5m", 'tags-of-it = ["a", "b c"]', "sees = on"):
        assert line in words, done.stdout
    assert "pass-through" not in done.stdout


def test_a_secret_in_it_does_not_get_into_a_fleet_file(changed: Tree) -> None:
    secret = "hf_" + "abcdefghijklmnopqrstuvwxyz0123456789"[:34]
    text = f"models: {{m: {{cmd: 'serve --port ${{PORT}}', greeting: {secret}}}}}\n"
    path = changed.write("drill/config.yaml", text)
    done = changed.llamafleet("import", str(path))
    assert secret not in done.stdout
    assert "greeting" in done.stdout
    done = changed.llamafleet("check", str(path))
    assert "secret-in-file" in done.stdout + done.stderr


def test_the_reference_has_it(changed: Tree) -> None:
    write_reference(changed)
    assert "| `greeting` | text in quotes |" in changed.read("docs/reference.md")


@pytest.mark.parametrize(
    ("version", "refused"),
    [("v202", {"greeting", "nap", "capabilities sees"}), ("v248", {"nap"}), ("v249", set[str]())],
)
def test_older_releases_refuse_it(changed: Tree, version: str, refused: set[str]) -> None:
    done = changed.llamafleet("check", fleet(changed, SAID, version))
    said = done.stdout + done.stderr
    for word in ("greeting", "nap", "tags-of-it", "capabilities sees"):
        assert (f"ignores {word}" in said) == (word in refused), said


def test_the_tests_hold_with_it(changed: Tree) -> None:
    write_reference(changed)
    done = changed.pytest(
        *("tests/schema/test_every_key.py", "tests/swap_config/test_read.py"),
        *("tests/targets/test_every_word.py", "tests/targets/test_every_key_is_rendered.py"),
        *("-k", "not real and not running and (greeting or nap or sees or tags or not model-)"),
    )
    assert done.returncode == 0, done.stdout


def test_a_test_notices_a_key_that_goes_nowhere(tree: Tree) -> None:
    add_keys(tree, without=', upstream="models.*.tags"')
    done = tree.pytest("tests/targets/test_every_key_is_rendered.py", "-k", "tags-of-it")
    assert done.returncode == 1
    assert 'tags-of-it = ["/a", "b"] changes nothing on any host' in done.stdout
