"""Answers about places, without an editor. `|` marks the cursor."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.compiler import compile_text
from llamafleet.explain import schemas
from llamafleet.language.include import read_all
from llamafleet.language.parser import parse
from llamafleet.lsp.features.completion import Completion, complete
from llamafleet.lsp.features.definition import definition
from llamafleet.lsp.features.fixes import fixes
from llamafleet.lsp.features.formatting import formatted
from llamafleet.lsp.features.hover import Hover, hover
from llamafleet.lsp.features.symbols import symbols
from llamafleet.lsp.positions import EditorPosition, compiler_position, editor_position
from llamafleet.source import Position, Source, Span

FLEET = """\
fleet 1

gpu rtx-3060 {
    vendor = nvidia
}

host dotty {
    gpus = [rtx-3060]
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf = small
}

model "qwen/x:7b" {
    gguf = small
}

llama-swap voice {
    host   = dotty
    models = [chat, "qwen/x:7b"]

    matrix {
        cs = chat
        qw = "qwen/x:7b"

        evict-cost {
            cs = 50
        }

        set talk = cs & qw
        set both = +talk | chat
    }
}
"""


def marked(text: str) -> tuple[str, Position]:
    before, sign, after = text.partition("¦")
    assert sign
    line = before.count("\n") + 1
    return before + after, Position(line, len(before) - before.rfind("\n"))


def in_fleet(written: str, instead: str) -> str:
    assert FLEET.count(written) == 1, written
    return FLEET.replace(written, instead)


def completed(text: str) -> Completion:
    plain, position = marked(text)
    file, _ = parse(Source("fleet.fleet", plain))
    return complete(plain, position, (file,))


def labels(text: str) -> list[str]:
    return [each.label for each in completed(text).items]


def test_kinds_at_top_level() -> None:
    found = labels(FLEET + "\n¦")
    assert {"include", "gpu", "model", "llama-swap", "nginx"} <= set(found)
    assert "fleet" not in found
    assert "matrix" not in found
    assert labels("¦")[0] == "fleet"


def test_keys_of_a_block_without_those_that_it_has() -> None:
    found = labels(in_fleet("    vendor = nvidia\n", "    ve¦\n    vram = 1GiB\n"))
    assert found == ["vendor", "arch", "reserved"]
    assert "like" in labels(in_fleet('"qwen/x:7b" {\n', '"qwen/x:7b" {\n    ¦\n'))


def test_a_key_brings_its_equals_sign_unless_there_is_one() -> None:
    (vendor, *_) = completed(in_fleet("    vendor = nvidia\n", "    ve¦\n")).items
    assert vendor.insert == "vendor = "
    (vendor, *_) = completed(in_fleet("    vendor = nvidia\n", "    ve¦ = nvidia\n")).items
    assert vendor.insert == "vendor"


def test_words_that_a_key_takes() -> None:
    assert labels(in_fleet("vendor = nvidia", "vendor = ¦")) == ["nvidia", "amd", "intel"]
    assert labels(FLEET + "\nhost x {\n    sudo = o¦\n}\n") == ["on", "off"]


def test_names_that_a_key_refers_to() -> None:
    assert labels(in_fleet("host   = dotty", "host   = ¦")) == ["dotty"]
    assert labels(in_fleet('[chat, "qwen/x:7b"]', "[chat, ¦]")) == ["qwen/x:7b"]
    assert labels(FLEET + "\nnginx front {\n    upstream = ¦\n}\n") == ["voice"]
    assert labels(in_fleet("model chat {\n", "model chat {\n    like = ¦\n")) == [
        "none",
        "qwen/x:7b",
    ]


def test_a_name_that_is_no_bare_word_comes_in_quotes() -> None:
    (found,) = completed(in_fleet('[chat, "qwen/x:7b"]', '[chat, "qw¦')).items
    assert found.insert == '"qwen/x:7b"'


def test_members_of_a_set() -> None:
    found = labels(in_fleet("set talk = cs & qw", "set talk = cs & ¦"))
    assert found == ["cs", "qw", "chat", "+both"]  # the broken set is not there


def test_keys_that_are_models_of_the_service() -> None:
    found = labels(in_fleet("            cs = 50\n", "            ¦\n"))
    assert found == ["cs", "qw", "chat", "qwen/x:7b"]
    inner = 'models = [chat, "qwen/x:7b"]\n    priority {\n        chat = 1\n        ¦\n    }\n'
    assert labels(in_fleet('models = [chat, "qwen/x:7b"]\n', inner)) == ["qwen/x:7b"]
    pointed = inner.replace("        ¦\n", "").replace("chat = 1", "ch¦at = 1")
    assert defined(in_fleet('models = [chat, "qwen/x:7b"]\n', pointed)) == "model chat {"


def test_blocks_whose_keys_are_free() -> None:
    nested = "model chat {\n    set-params {\n        kwargs {\n            thinking = ¦\n"
    assert labels(in_fleet("model chat {\n", nested)) == ["true", "false", "null"]
    assert labels(in_fleet("model chat {\n", nested.replace("thinking = ¦", "¦"))) == []


def test_blocks_that_may_stand_several_times() -> None:
    text = in_fleet(
        "    matrix {\n", "    group a {\n    }\n    performance {\n    }\n    ¦\n    matrix {\n"
    )
    assert "group" in labels(text)
    assert "performance" not in labels(text)


def test_nothing_in_comments_and_free_text() -> None:
    assert labels(in_fleet("    vendor = nvidia", "    vendor = nvidia # ¦")) == []
    assert labels(in_fleet('"/models/small.gguf"', '"/mod¦"')) == []
    assert labels(FLEET + "\nmodel ¦") == []


def hovered(text: str) -> Hover | None:
    plain, position = marked(text)
    source = Source("fleet.fleet", plain)
    file, _ = parse(source)
    return hover(plain, position, (file,), {"fleet.fleet": source})


def told(text: str) -> str:
    found = hovered(text)
    return found.text if found else ""


def test_hover_explains_kinds_keys_and_values() -> None:
    assert told(in_fleet("gpu rtx-3060 {", "g¦pu rtx-3060 {")).startswith("gpu NAME { ... }")
    assert "in gpu" in told(in_fleet("vendor = nvidia", "ven¦dor = nvidia"))
    assert "in gpu" in told(in_fleet("vendor = nvidia", "vendor = nv¦idia"))
    assert told(in_fleet("    matrix {", "    mat¦rix {")).startswith("matrix { ... }")
    assert told("fle¦et 1\n").startswith("fleet 1")
    assert hovered(in_fleet("vendor = nvidia", "vendor = nvidia # a¦b")) is None


def test_hover_shows_what_a_name_stands_for() -> None:
    shown = told(in_fleet("host   = dotty", "host   = do¦tty"))
    assert shown == "host dotty {\n    gpus = [rtx-3060]\n}"
    assert told(in_fleet("set talk = cs & qw", "set talk = cs & q¦w")).startswith('model "qwen/x')


def test_hover_knows_every_block_and_key() -> None:
    for schema in schemas():
        for key in schema.keys[:3]:
            assert key.name in told(f"{schema.kind} x {{\n    {key.name}¦ = 1\n}}\n") or (
                schema.kind in {each.kind for top in schemas() for each in top.blocks}
            )


def defined(text: str) -> str | None:
    """The line that a name is declared on."""
    plain, position = marked(text)
    file, _ = parse(Source("fleet.fleet", plain))
    span = definition(file, position, (file,))
    return plain.split("\n")[span.start.line - 1].strip() if span else None


def test_definitions() -> None:
    assert defined(in_fleet("gpus = [rtx-3060]", "gpus = [rtx¦-3060]")) == "gpu rtx-3060 {"
    assert defined(in_fleet('[chat, "qwen/x:7b"]', '[chat, "qwen/¦x:7b"]')) == 'model "qwen/x:7b" {'
    assert defined(in_fleet("        cs = chat\n", "        cs = ch¦at\n")) == "model chat {"
    assert defined(in_fleet("set talk = cs & qw", "set talk = c¦s & qw")) == "cs = chat"
    assert defined(in_fleet("+talk | chat", "+talk | cha¦t")) == "model chat {"
    assert defined(in_fleet("+talk | chat", "+ta¦lk | chat")) == "set talk = cs & qw"
    assert defined(in_fleet("cs = 50", "c¦s = 50")) == "cs = chat"
    assert defined(in_fleet("vendor = nvidia", "vendor = nvi¦dia")) is None


def test_definition_of_an_include_is_the_file() -> None:
    plain, position = marked('fleet 1\ninclude "gpus¦.fleet"\n')
    file, _ = parse(Source("site/fleet.fleet", plain))
    span = definition(file, position, (file,))
    assert span is not None
    assert span.path == "site/gpus.fleet"


def test_outline() -> None:
    file, _ = parse(Source("fleet.fleet", FLEET))
    outline = symbols(file)
    assert [each.name for each in outline][:2] == ["rtx-3060", "dotty"]
    (matrix,) = outline[-1].children
    assert [each.name for each in matrix.children] == ["evict-cost", "talk", "both"]


def test_formatting() -> None:
    assert formatted(Source("a.fleet", FLEET)) is None
    assert formatted(Source("a.fleet", "fleet 1\nhost x { \n}\n")) == "fleet 1\n\nhost x {}\n"
    assert formatted(Source("a.fleet", "fleet 1\nhost x { \n")) is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_fleet_with_a_hole_in_it_still_answers(data: st.DataObject) -> None:
    """Whatever is cut out, every feature answers, and names declared elsewhere are found."""
    start = data.draw(st.integers(0, len(FLEET)))
    end = data.draw(st.integers(start, min(len(FLEET), start + 40)))
    plain, position = marked(FLEET[:start] + "¦" + FLEET[end:])
    source = Source("fleet.fleet", plain)
    files, sources, _ = read_all("fleet.fleet", lambda _: plain.encode())
    found = complete(plain, position, files)
    assert found.start.line == found.end.line == position.line
    assert found.start <= position <= found.end
    hover(plain, position, files, sources)
    definition(files[-1], position, files)
    symbols(files[-1])
    formatted(source)


@given(st.text(st.sampled_from("aé中🦙\t")), st.integers(0, 12))
def test_columns_there_and_back(line: str, column: int) -> None:
    source = Source("a.fleet", f"first\r\n{line}\r\nlast")
    position = Position(2, min(column, len(line)) + 1)
    for encoding in ("utf-8", "utf-16", "utf-32"):
        place = editor_position(position, source, encoding)
        assert compiler_position(place, source, encoding) == position
        assert compiler_position(EditorPosition(1, 10_000), source, encoding) == Position(
            2, len(line) + 1
        )


def fixed(text: str) -> list[str]:
    """The text after each fix that is offered for all of it."""
    compiled = compile_text(text)
    source = compiled.sources["fleet.fleet"]
    everything = Span("fleet.fleet", Position(1, 1), Position(10_000, 1))
    results = []
    for fix in fixes(compiled.diagnostics, everything, source):
        start, end = fix.finding.primary.span.start, fix.finding.primary.span.end
        lines = text.split("\n")
        line = lines[start.line - 1]
        lines[start.line - 1] = line[: start.column - 1] + fix.text + line[end.column - 1 :]
        results.append("\n".join(lines))
    return results


def test_fixes_lead_back_to_what_was_right() -> None:
    text = FLEET.replace("host   = dotty", "build  = cpu\n    host   = dotty")
    text += '\nbuild cpu {\n    ref     = "b11434"\n    backend = cpu\n}\n'
    for right, wrong in (
        ("vendor = nvidia", "vendr = nvidia"),
        ("vendor = nvidia", "vendor = nvida"),
        ("gpu rtx-3060 {", "gpuu rtx-3060 {"),
        ("host   = dotty", "host   = doty"),
        ("host   = dotty", 'host   = "doty"'),
        ("cs & qw", "css & qw"),
        ("cs & qw", "cs & qw | +bot"),
    ):
        results = fixed(text.replace(right, wrong, 1))
        wanted = text.replace(right, wrong.replace("doty", "dotty"), 1) if '"' in wrong else text
        if "+" in wrong:
            wanted = text.replace(right, "cs & qw | +both", 1)
        assert wanted in results, (wrong, results)


def test_no_fix_for_what_is_no_word_any_more() -> None:
    compiled = compile_text(FLEET.replace("vendor", "vendr"))
    everything = Span("fleet.fleet", Position(1, 1), Position(10_000, 1))
    assert list(fixes(compiled.diagnostics, everything, Source("fleet.fleet", "fleet 1\n"))) == []
    assert (
        list(fixes(compiled.diagnostics, Source("fleet.fleet", "").whole(), Source("x", FLEET)))
        == []
    )
