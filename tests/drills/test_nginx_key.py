"""Drill: a directive of nginx is one line in the table of its block, and the whole product has it.

Once a line alone was checked and explained, and no directive was written.
"""

from __future__ import annotations

import pytest

from tests.drills.conftest import Tree
from tests.drills.test_llama_swap_key import write_reference

TABLE = "dsl/llamafleet/targets/proxy/schema.py"
LINES = """        Key(
            "send-timeout",
            Duration(1000),
            "How long a client may stop reading.",
            upstream="send_timeout",
        ),
        Key("limit-rate", Size(), "Bytes a second.", default=0, upstream="limit_rate"),
        Key("etag", Switch(), "Name what is sent.", upstream="etag"),
        Key("charset", Text(), "Of texts.", upstream="charset"),
        Key("gzip-types", ListOf(Text()), "What is packed.", upstream="gzip_types"),
        Key(
            "balance",
"""
FLEET = """fleet 1

host h {}

model m {
    command = ["serve", "--port", "${PORT}"]
}

llama-swap main {
    host   = h
    models = [m]
}

nginx front {
    host     = h
    upstream = main
    listen   = "0.0.0.0:80"
    LINES
}
"""
SAID = """send-timeout = 90s
    limit-rate = 2MiB
    etag = off
    charset = "utf-8"
    gzip-types = ["text/css", "text/x y"]
"""
MEANT = (
    "send_timeout 90s;",
    "limit_rate 2m;",
    "etag off;",
    "charset utf-8;",
    'gzip_types text/css "text/x y";',
)


def add_keys(tree: Tree, *, without: str = "") -> None:
    """Add the lines, and nothing else; `without` is a part of them that is forgotten."""
    lines = LINES.replace(without, "") if without else LINES
    tree.replace(TABLE, '        Key(\n            "balance",\n', lines)
    before = "    Switch,\n)\n"
    tree.replace(TABLE, before, "    Switch,\n    Text,\n)\n")


@pytest.fixture
def changed(tree: Tree) -> Tree:
    add_keys(tree)
    return tree


def fleet(tree: Tree, lines: str) -> str:
    """Write the fleet with these lines, and return its path."""
    return str(tree.write("drill/fleet.fleet", FLEET.replace("LINES", lines)))


def test_check_takes_its_values_and_refuses_others(changed: Tree) -> None:
    done = changed.llamafleet("check", fleet(changed, SAID))
    assert done.returncode == 0, done.stdout + done.stderr
    done = changed.llamafleet("check", fleet(changed, "send-timeout = 9"))
    assert done.returncode == 1
    assert "send-timeout takes a duration" in done.stdout + done.stderr
    done = changed.llamafleet("check", fleet(changed, 'charset = "$host"'))
    assert done.returncode == 1
    assert 'nginx would take a part of "$host" for a variable' in done.stdout + done.stderr


def test_explain_and_the_reference_have_it(changed: Tree) -> None:
    said = changed.llamafleet("explain", "nginx.send-timeout").stdout
    assert "How long a client may stop reading." in said
    assert "upstream: send_timeout" in said
    write_reference(changed)
    assert "| `send-timeout` | a duration of at least 1s" in changed.read("docs/reference.md")


@pytest.mark.parametrize(("lines", "meant"), [(SAID, MEANT), ("", ("limit_rate 0;",))])
def test_render_writes_it(changed: Tree, lines: str, meant: tuple[str, ...]) -> None:
    out = changed.root / "drill" / "out"
    done = changed.llamafleet("render", fleet(changed, lines), "--output", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    [site] = out.rglob("*front*.conf")
    written = [row.strip() for row in site.read_text().splitlines()]
    assert [row for row in meant if row not in written] == []
    assert ("send_timeout 90s;" in written) == bool(lines)


def test_the_tests_hold_with_it(changed: Tree) -> None:
    write_reference(changed)
    done = changed.pytest(
        *("tests/schema/test_every_key.py", "tests/targets/test_every_key_is_rendered.py"),
        *("-k", "nginx or not is_rendered"),
    )
    assert done.returncode == 0, done.stdout


def test_a_test_notices_a_key_that_goes_nowhere(tree: Tree) -> None:
    add_keys(tree, without=', upstream="etag"')
    done = tree.pytest("tests/targets/test_every_key_is_rendered.py", "-k", "etag")
    assert done.returncode == 1
    assert "etag = on changes nothing on any host" in done.stdout
