"""Drill: a key of a group, selector, profile, peer or the matrix is one line in its table.

Once the blocks that say where requests go were rendered by hand, key by key.
"""

from __future__ import annotations

import pytest
import yaml

from tests.drills.conftest import Tree
from tests.drills.test_llama_swap_key import rendered, write_reference

TABLE = "dsl/llamafleet/fleet/schema/swap_routing.py"
LINES = {
    "group": (
        '        Key(\n            "models",\n            ListOf(Reference("model")),\n',
        '        Key("warmup", Switch(), "Load it at once.", upstream="warmup", since=248),\n'
        '        Key("lanes", Integer(1), "How many.", default=2, upstream="lanes.most"),\n',
    ),
    "selector": (
        '        Key("name", Text(), "Name shown in user interfaces.", upstream="name"),\n',
        '        Key("cool-down", Integer(0), "Rest.", upstream="settings.coolDown", since=249),\n',
    ),
    "profile": (
        'Key("description", Text(), "Description of the profile.", upstream="description"),',
        'Key("badges", ListOf(Text()), "Of it.", upstream="badges"), ',
    ),
    "peer": (
        '        Key(\n            "proxy",\n',
        '        Key("greeting", Text(), "Said first.", upstream="greeting", since=248),\n',
    ),
    "matrix": (
        '        Key(\n            "sets",\n',
        '        Key("tries", Integer(1), "Most.", upstream="solver.tries", since=248),\n',
    ),
}
FLEET = """fleet 1

host h {}

model m {
    command = ["serve", "--port", "${PORT}"]
}

model n {
    command = ["serve", "--port", "${PORT}"]
}

llama-swap main {
    host    = h
    version = "v250"
    models  = [m, n]

    TOGETHER

    selector any {
        strategy  = warm
        targets   = [m, n]
        spillover = 2
        cool-down = 7
    }

    profile night {
        badges = ["a", "b c"]

        pins {
            x = m
        }
    }

    peer far {
        proxy    = "http://10.0.0.9:80"
        models   = [z]
        greeting = "hello"
    }
}
"""
GROUP = "group g {\n        models = [m, n]\n        warmup = on\n    }"
MATRIX = "matrix {\n        tries = 3\n        set all = m & n\n    }"
WORDS = ("warmup", "tries", "cool-down", "badges", "greeting")


def add_keys(tree: Tree, *, without: str = "") -> None:
    """Add the lines, and nothing else; `without` is a part of them that is forgotten."""
    for before, lines in LINES.values():
        tree.replace(TABLE, before, lines.replace(without, "") + before)


@pytest.fixture
def changed(tree: Tree) -> Tree:
    add_keys(tree)
    return tree


def fleet(tree: Tree, together: str, version: str = "v250") -> str:
    """Write the fleet with these models together, and return its path."""
    text = FLEET.replace("TOGETHER", together).replace("v250", version)
    return str(tree.write("drill/fleet.fleet", text))


@pytest.mark.parametrize("together", [GROUP, MATRIX], ids=["groups", "matrix"])
def test_render_writes_them_and_import_reads_them_back(changed: Tree, together: str) -> None:
    config = rendered(changed, fleet(changed, together))
    settings = config["routing"]["router"]["settings"]  # type: ignore[index]
    if together == GROUP:
        group = settings["groups"]["g"]
        assert (group["warmup"], group["lanes"]) == (True, {"most": 2})
    else:
        assert settings["matrix"]["solver"] == {"tries": 3}
    selector = config["selectors"]["any"]  # type: ignore[index]
    assert selector["settings"] == {"spillover": 2, "coolDown": 7}
    assert config["profiles"]["night"]["badges"] == ["a", "b c"]  # type: ignore[index]
    assert config["peers"]["far"]["greeting"] == "hello"  # type: ignore[index]
    for model in config["models"].values():  # type: ignore[attr-defined]
        del model["metadata"]
    path = changed.write("drill/config.yaml", yaml.safe_dump(config))
    done = changed.llamafleet("import", str(path), "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    words = " ".join(done.stdout.split())
    wanted = ["cool-down = 7", 'badges = ["a", "b c"]', "greeting = hello"]
    for line in (*wanted, "warmup = on" if together == GROUP else "tries = 3"):
        assert line in words.replace('"hello"', "hello"), done.stdout
    assert "pass-through" not in done.stdout


@pytest.mark.parametrize(
    ("version", "refused"), [("v247", {"warmup", "tries", "cool-down", "greeting"}), ("v249", {})]
)
def test_older_releases_refuse_them(changed: Tree, version: str, refused: set[str]) -> None:
    said = ""
    for together in (GROUP, MATRIX):
        done = changed.llamafleet("check", fleet(changed, together, version))
        said += done.stdout + done.stderr
    for word in WORDS:
        assert (f"ignores {word}" in said) == (word in refused), said


def test_check_of_yaml_knows_them_and_their_secrets(changed: Tree) -> None:
    secret = "hf_" + "abcdefghijklmnopqrstuvwxyz0123456789"[:34]
    text = (
        "models: {m: {cmd: 'serve --port ${PORT}'}}\n"
        "groups: {g: {members: [m], lanes: {most: many}}}\n"
        f"peers: {{far: {{proxy: 'http://10.0.0.9:80', models: [z], greeting: {secret}}}}}\n"
    )
    path = changed.write("drill/config.yaml", text)
    done = changed.llamafleet("check", str(path))
    said = done.stdout + done.stderr
    assert "groups.g.lanes.most takes a whole number" in said
    assert "secret-in-file" in said
    assert "means nothing" not in said
    path = changed.write("drill/config.yaml", text.replace("many", "4"))
    done = changed.llamafleet("import", str(path))
    assert secret not in done.stdout
    assert "greeting" in done.stdout


def test_explain_and_the_reference_have_them(changed: Tree) -> None:
    said = changed.llamafleet("explain", "group.warmup").stdout
    assert "Load it at once." in said
    assert "since: v248" in said
    write_reference(changed)
    assert "| `cool-down` | a whole number" in changed.read("docs/reference.md")


def test_the_tests_hold_with_them(changed: Tree) -> None:
    write_reference(changed)
    names = " or ".join((*WORDS, "lanes"))
    done = changed.pytest(
        *("tests/swap_config/test_read.py", "tests/targets/test_every_key_is_rendered.py"),
        *("-k", f"said_twice or tables_of_the_fleet or {names}"),
    )
    assert done.returncode == 0, done.stdout


def test_a_test_notices_a_key_that_goes_nowhere(tree: Tree) -> None:
    add_keys(tree, without='upstream="warmup", ')
    done = tree.pytest("tests/targets/test_every_key_is_rendered.py", "-k", "warmup or greeting")
    assert done.returncode == 1, done.stdout
    assert "warmup = on changes nothing on any host" in done.stdout
    assert "1 failed" in done.stdout
