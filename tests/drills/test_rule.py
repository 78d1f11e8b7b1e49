"""Drill: a check over the whole fleet is one file, its name in RULES, and a case."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from .conftest import Tree

CODE = "tiny-context"
MEANING = "A context holds less than a question."

RULE = f'''"""tiny-context: contexts too small for anything."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from .report import warning
from .rule import WARNING, Code, rule
from .context import RuleContext


@rule(Code("{CODE}", WARNING, "{MEANING}", in_yaml=True))
def tiny_context(context: RuleContext) -> Iterator[Diagnostic]:
    """Every model whose ctx-size is below 64."""
    for served in context.served_models:
        setting = served.settings.get("ctx-size")
        if setting is not None and int(str(setting.value)) < 64:
            message = f"{{served.model.name}} has a context of {{setting.value}} tokens"
            yield warning("{CODE}", message, setting.origin, "raise ctx-size")
'''

CASE = """fleet 1

host box {
}

build main {
    ref     = "b11434"
    backend = cpu
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf     = small
    ctx-size = 32
}

llama-swap voice {
    host   = box
    build  = main
    models = [chat]
}
----------
"""

YAML = """models:
  m:
    cmd: llama-server --port ${PORT} --model /models/w.gguf --ctx-size 32
"""


def add_rule(tree: Tree) -> None:
    """Do what CONTRIBUTING.md says of a check."""
    tree.write("dsl/llamafleet/rules/tiny_context.py", RULE)
    rules = "dsl/llamafleet/rules/__init__.py"
    tree.replace(
        rules,
        "from .unknown_flag import unknown_flag\n",
        "from .tiny_context import tiny_context\nfrom .unknown_flag import unknown_flag\n",
    )
    tree.replace(rules, "    unknown_flag,\n", "    tiny_context,\n    unknown_flag,\n")
    tree.write(f"tests/diagnostics/{CODE}.fleettest", CASE)
    done = tree.pytest("--update-goldens", "tests/diagnostics", "-k", CODE)
    assert done.returncode == 0, done.stdout
    assert tree.run("tools/reference.py").returncode == 0


def test_a_rule_is_one_room(tree: Tree) -> None:
    add_rule(tree)
    fleet = tree.write("drill.fleet", CASE.partition("-" * 10)[0])
    config = tree.write("drill.yaml", YAML)
    for path in (fleet, config):
        done = tree.llamafleet("check", str(path))
        assert f"warning[{CODE}]" in done.stdout + done.stderr, done
        found = sarif(tree.llamafleet("check", "--format", "sarif", str(path)))
        assert found["tool"]["driver"]["rules"][0]["shortDescription"]["text"] == MEANING
        assert [each["ruleId"] for each in found["results"]] == [CODE]
    assert MEANING in tree.llamafleet("explain", CODE).stdout
    assert f"*warning.* {MEANING}" in tree.read("docs/diagnostics.md")
    assert f"[{CODE}]" in tree.read(f"tests/diagnostics/{CODE}.fleettest")


def test_comments_allow_a_new_code(tree: Tree) -> None:
    add_rule(tree)
    text = CASE.partition("-" * 10)[0]
    allowed = text.replace("\n    ctx-size", f"\n    # fleet: allow[{CODE}] a toy\n    ctx-size")
    done = tree.llamafleet("check", "--strict", str(tree.write("drill.fleet", allowed)))
    assert done.returncode == 0, done.stdout


def test_the_gates_pass_with_the_rule(tree: Tree) -> None:
    add_rule(tree)
    done = tree.pytest("tests/diagnostics", "tests/test_layering.py", "-k", "tiny or names")
    assert done.returncode == 0, done.stdout
    assert tree.run("tools/reference.py", "--check").returncode == 0


def test_a_rule_that_is_not_listed_is_noticed(tree: Tree) -> None:
    tree.write("dsl/llamafleet/rules/tiny_context.py", RULE)
    done = tree.llamafleet("check", str(tree.write("drill.fleet", CASE.partition("-" * 10)[0])))
    assert CODE not in done.stdout + done.stderr
    done = tree.pytest("tests/test_lists.py")
    assert done.returncode == 1
    assert "not in RULES: llamafleet.rules.tiny_context.tiny_context" in done.stdout


def test_a_rule_without_a_case_is_noticed(tree: Tree) -> None:
    add_rule(tree)
    (tree.root / f"tests/diagnostics/{CODE}.fleettest").unlink()
    done = tree.pytest("tests/diagnostics", "-k", "code")
    assert done.returncode == 1
    assert CODE in done.stdout


def sarif(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the one run of a SARIF document."""
    assert done.returncode == 0, done.stderr
    run: dict[str, Any] = json.loads(done.stdout)["runs"][0]
    return run
