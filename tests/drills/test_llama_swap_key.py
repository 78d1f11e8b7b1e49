"""Drill: a key of llama-swap is one line in the table, and the whole product has it.

Once a line alone was checked, explained and then not rendered, without a word: a key had nine
rooms. Here lines for invented keys are put into a copy of the tree, and nothing else is changed.
"""

from __future__ import annotations

import pytest
import yaml

from tests.drills.conftest import Tree

TABLE = "dsl/llamafleet/fleet/schema/swap_service.py"
LINES = """KEYS = (
    Key(
        "night-shift",
        Duration(1000),
        "How long the night is.",
        upstream="shifts.night.length",
        since=248,
    ),
    Key("mascot", Text(), "Who greets.", upstream="mascot"),
    Key("bells", ListOf(Integer(1)), "When it rings.", upstream="shifts.bells", since=248),
    Key("quiet", Switch(), "Ring no bell.", upstream="quiet", since=230),
    Key("budget", Size(), "What is kept.", upstream="budgetMB", form=Form.MIB),
"""
FLEET = """fleet 1

host h {}

model m {
    command = ["serve", "--port", "${PORT}"]
}

llama-swap main {
    host    = h
    version = "v250"
    models  = [m]
    LINES
}
"""
SAID = """night-shift = 8h
    mascot      = "a bear"
    bells       = [6, 22]
    quiet       = off
    budget      = 2GiB
"""
MEANT = {
    "shifts": {"night": {"length": 28800}, "bells": [6, 22]},
    "mascot": "a bear",
    "quiet": False,
    "budgetMB": 2048,
}


def add_keys(tree: Tree, *, without: str = "") -> None:
    """Add the lines, and nothing else; `without` is a part of them that is forgotten."""
    tree.replace(TABLE, "KEYS = (\n", LINES.replace(without, "") if without else LINES)
    before = "from .values import Choice, Duration, Integer, ListOf, Reference, Switch, Text\n"
    tree.replace(TABLE, before, before.replace("Reference, ", "Reference, Size, "))


@pytest.fixture
def changed(tree: Tree) -> Tree:
    add_keys(tree)
    return tree


def fleet(tree: Tree, lines: str, version: str = "v250") -> str:
    """Write the fleet with these lines, and return its path."""
    text = FLEET.replace("LINES", lines).replace("v250", version)
    return str(tree.write("drill/fleet.fleet", text))


def rendered(tree: Tree, path: str) -> dict[str, object]:
    """Render a fleet, and return llama-swap's configuration."""
    out = tree.root / "drill" / "out"
    done = tree.llamafleet("render", path, "--output", str(out), "--force")
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = out.rglob("llama-swap/main.yaml")
    config: dict[str, object] = yaml.safe_load(found.read_text())
    return config


def write_reference(tree: Tree) -> None:
    """Generate the pages anew; the copy shares them with the project until they are replaced."""
    for page in ("docs/reference.md", "docs/diagnostics.md"):
        tree.write(page, "")
    assert tree.run("tools/reference.py").returncode == 0


def test_check_takes_its_values_and_refuses_others(changed: Tree) -> None:
    done = changed.llamafleet("check", fleet(changed, SAID))
    assert done.returncode == 0, done.stdout + done.stderr
    done = changed.llamafleet("check", fleet(changed, 'night-shift = "long"'))
    assert done.returncode == 1
    assert "night-shift takes a duration" in done.stdout + done.stderr


def test_explain_shows_it(changed: Tree) -> None:
    done = changed.llamafleet("explain", "llama-swap.night-shift")
    assert "How long the night is." in done.stdout
    assert "upstream: shifts.night.length" in done.stdout
    assert "since: v248" in done.stdout


def test_render_writes_it(changed: Tree) -> None:
    config = rendered(changed, fleet(changed, SAID))
    assert {key: config.get(key) for key in MEANT} == MEANT


def test_import_reads_it_back(changed: Tree) -> None:
    config = rendered(changed, fleet(changed, SAID))
    del config["models"]["m"]["metadata"]  # type: ignore[index]
    path = changed.write("drill/config.yaml", yaml.safe_dump(config))
    done = changed.llamafleet("import", str(path), "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    words = " ".join(done.stdout.split())
    for line in SAID.splitlines():
        assert " ".join(line.split()) in words, done.stdout
    assert "pass-through" not in done.stdout


def test_what_it_cannot_hold_stays_in_llama_swaps_own_words(changed: Tree) -> None:
    text = "models: {m: {cmd: 'serve --port ${PORT}'}}\nbudgetMB: -1\nmascot: |\n  two\n  lines\n"
    path = changed.write("drill/config.yaml", text)
    done = changed.llamafleet("import", str(path), "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "budgetMB = -1" in done.stdout
    assert "mascot = " not in done.stdout.partition("pass-through")[0]


def test_check_of_yaml_knows_it(changed: Tree) -> None:
    models = "models: {m: {cmd: 'serve --port ${PORT}'}}\n"
    path = changed.write("drill/config.yaml", f"{models}shifts: {{night: {{length: 5}}}}\n")
    done = changed.llamafleet("check", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    path = changed.write("drill/config.yaml", f"{models}shifts: {{night: {{length: long}}}}\n")
    done = changed.llamafleet("check", str(path))
    assert "takes a whole number" in done.stdout + done.stderr


def test_the_reference_has_it(changed: Tree) -> None:
    write_reference(changed)
    row = "| `night-shift` | a duration of at least 1s such as 30s or 1h30m |"
    assert row in changed.read("docs/reference.md")


@pytest.mark.parametrize(
    ("version", "refused"),
    [("v202", {"night-shift", "bells", "quiet"}), ("v247", {"night-shift", "bells"}), ("v248", {})],
)
def test_older_releases_refuse_it(changed: Tree, version: str, refused: set[str]) -> None:
    done = changed.llamafleet("check", fleet(changed, SAID, version))
    said = done.stdout + done.stderr
    for word in ("night-shift", "mascot", "bells", "quiet", "budget"):
        assert (f"ignores {word}" in said) == (word in refused), said


def test_the_tests_hold_with_it(changed: Tree) -> None:
    write_reference(changed)
    done = changed.pytest(
        *("tests/schema/test_every_key.py", "tests/swap_config/test_read.py"),
        *("tests/targets/test_every_word.py", "tests/targets/test_llama_swap_schema.py"),
        *("-k", "not real and not running"),
    )
    assert done.returncode == 0, done.stdout


def test_a_test_notices_a_key_that_goes_nowhere(tree: Tree) -> None:
    add_keys(tree, without=', upstream="mascot"')
    done = tree.pytest("tests/targets/test_every_key_is_rendered.py", "-k", "mascot")
    assert done.returncode == 1
    assert 'mascot = "/some/path" changes nothing on any host' in done.stdout
