"""What the nginx writer writes is read back by crossplane, nginx's own reader of configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import crossplane
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamafleet.targets.writers.nginx_conf import (
    Argument,
    Condition,
    Directive,
    Joined,
    Row,
    Variable,
    quote,
    to_nginx,
)

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="$\0"), max_size=15
) | st.sampled_from(["", ";", "{", "}", "#", "a b", '"', "'", "\\", "\\n", "a;b", "{}", "\n"])
names = st.sampled_from(["server", "proxy_pass", "listen"])


def directives() -> st.SearchStrategy[Directive | Row]:
    arguments = st.lists(texts, max_size=3).map(tuple)
    leaf: st.SearchStrategy[Directive | Row] = st.one_of(
        st.builds(Directive, names, arguments), st.builds(Row, texts, texts)
    )
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            Directive, names, arguments, st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=6,
    )


def unescaped(argument: str) -> str:
    """crossplane keeps escapes as written; nginx resolves them (ngx_conf_read_token)."""
    found, rest = [], iter(argument)
    for char in rest:
        if char != "\\":
            found.append(char)
            continue
        after = next(rest)
        found.append({"t": "\t", "r": "\r", "n": "\n"}.get(after, after))
        assert after in "\"'\\trn", f"\\{after} is not resolved by nginx"
    return "".join(found)


def parsed(text: str, folder: Path) -> list[Any]:
    path = folder / "nginx.conf"
    path.write_bytes(text.encode())
    payload = crossplane.parse(str(path), single=True, comments=False, check_ctx=False,
                               check_args=False)  # fmt: skip
    assert payload["status"] == "ok", payload["errors"]
    return list(payload["config"][0]["parsed"])


def plain(tree: list[Any]) -> list[Any]:
    return [
        (unescaped(each["directive"]), tuple(map(unescaped, each["args"])),
         plain(each["block"]) if "block" in each else None)
        for each in tree
    ]  # fmt: skip


def expected(tree: tuple[Directive | Row, ...]) -> list[Any]:
    return [
        (each.pattern, (each.value,), None)
        if isinstance(each, Row)
        else (each.name, each.arguments, None if each.block is None else expected(each.block))
        for each in tree
    ]


@given(st.lists(directives(), max_size=3).map(tuple))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_tree_is_read_back_as_it_was(tmp_path: Path, tree: tuple[Directive, ...]) -> None:
    assert plain(parsed(to_nginx(tree, header=("a { b",)), tmp_path)) == expected(tree)


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (Joined(("http://g", Variable("uri"), Variable("args"))), "http://g$uri$args"),
        (Joined((Variable("a"), "b")), "${a}b"),
        (Joined((Variable("a"), "-b", Variable("c"))), "$a-b$c"),
        (Joined((Variable("a"), ' "', Variable("b"))), '"$a \\"$b"'),
        (Joined(()), '""'),
        (Condition(Variable("a"), "!~", 'x"\\z'), "($a !~ 'x\"\\\\z')"),
        (Condition(Variable("a"), "=", "it's"), '($a = "it\'s")'),
        ('{"a": 1}', "'{\"a\": 1}'"),
    ],
)
def test_arguments_that_nginx_works_out(argument: Argument, text: str) -> None:
    assert quote(argument) == text


@pytest.mark.parametrize(
    "argument",
    [
        "$host",
        "a${b}",
        "\0",
        Variable("a b"),
        Variable(""),
        Joined(("$", Variable("a"))),
        Joined(("a", Variable("-"))),
        Condition(Variable("a"), "~", "b$"),
        Condition(Variable("a"), "-f", "/etc"),
    ],
)
def test_what_nginx_cannot_write_is_refused(argument: Argument) -> None:
    with pytest.raises(ValueError, match="nginx"):
        quote(argument)


def test_blocks_notes_and_variables() -> None:
    tree = (
        Directive("upstream", ("x",), (Directive("server", ("127.0.0.1:1",), note="a"),)),
        Directive(
            "server", (), (Directive("set", (Variable("a"), 1)), Directive("location", ("/",), ()))
        ),
    )  # fmt: skip
    assert to_nginx(tree) == (
        "upstream x {\n    server 127.0.0.1:1;  # a\n}\n\n"
        "server {\n    set $a 1;\n\n    location / {\n    }\n}\n"
    )
