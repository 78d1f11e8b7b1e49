"""What the unit writer writes is read back by an own reading of systemd's manual pages.

systemd.syntax(7) says how words are unquoted, systemd.unit(5) what `%` does, systemd.service(5)
what `$` does in commands. `systemd-analyze verify` reads the units of the golden hosts elsewhere.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.targets.writers.systemd_unit import Assignment, Command, Section, Words, to_unit

arguments = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
) | st.sampled_from(
    ["", ";", "$HOME", "${HOME}", "$$", "%h", "%%", "a b", "\\", '"', "'", "\n", "#"]
)

C_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " ",
    "\\": "\\", '"': '"', "'": "'",
}  # fmt: skip


def settings_of(text: str) -> list[tuple[str, str]]:
    """Key and raw value of each setting: comments dropped, continued lines joined."""
    found: list[tuple[str, str]] = []
    pending = ""
    for line in text.split("\n"):
        if not pending and (not line.strip() or line.lstrip()[0] in "#;["):
            continue
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        key, _, value = (pending + line).partition("=")
        found.append((key.strip(), value.strip()))
        pending = ""
    assert not pending, "the last line is continued by nothing"
    return found


def words(raw: str) -> list[str]:
    """Unquote as systemd's extract_first_word does with UNQUOTE and CUNESCAPE."""
    found: list[str] = []
    current: list[str] | None = None
    quote = ""
    rest = iter(raw)
    for char in rest:
        if char == "\\":
            current = current or []
            current.append(escaped(rest))
        elif quote:
            if char == quote:
                quote = ""
            else:
                assert current is not None
                current.append(char)
        elif char in "'\"" and current is None:
            quote, current = char, []
        elif char in " \t\n\r":
            if current is not None:
                found.append("".join(current))
            current = None
        else:
            # A quote inside a word is one too for systemd; the writer never makes one.
            assert char not in "'\"", raw
            current = current or []
            current.append(char)
    assert not quote, raw
    return found + (["".join(current)] if current is not None else [])


def escaped(rest: object) -> str:
    char = next(rest)  # type: ignore[call-overload]
    if char in C_ESCAPES:
        return C_ESCAPES[char]
    assert char == "x", f"\\{char} is no escape of systemd's"
    return chr(int(next(rest) + next(rest), 16))  # type: ignore[call-overload]


def specifiers(word: str) -> str:
    """`%%` is a percent sign; any other specifier would inject something."""
    assert "%" not in word.replace("%%", "")
    return word.replace("%%", "%")


def variables(word: str) -> str:
    """`$$` is a dollar sign; any other would be replaced from the environment."""
    assert "$" not in word.replace("$$", "")
    return word.replace("$$", "$")


@given(st.lists(arguments, max_size=6))
@settings(max_examples=300, deadline=None)
def test_a_command_reaches_the_process_as_it_was(rest: list[str]) -> None:
    argv = ("/usr/bin/llama-server", *rest)
    unit = to_unit((Section("Service", (("ExecStart", Command(argv)),)),))
    [(key, raw)] = settings_of(unit)
    assert key == "ExecStart"
    assert tuple(variables(specifiers(word)) for word in words(raw)) == argv
    assert " ; " not in f" {raw} ".replace('";"', "")


@given(arguments)
@settings(max_examples=300, deadline=None)
def test_an_assignment_reaches_the_process_as_it_was(value: str) -> None:
    unit = to_unit((Section("Service", (("Environment", Assignment("NAME", value)),)),))
    [(_, raw)] = settings_of(unit)
    assert [specifiers(word) for word in words(raw)] == [f"NAME={value}"]


@given(st.lists(arguments, max_size=4))
@settings(max_examples=100, deadline=None)
def test_words_are_read_back_as_they_were(paths: list[str]) -> None:
    unit = to_unit((Section("Service", (("ReadWritePaths", Words(tuple(paths))),)),))
    [(_, raw)] = settings_of(unit)
    assert [specifiers(word) for word in words(raw)] == paths


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_plain_text_stays_in_its_line_or_is_refused(text: str) -> None:
    try:
        unit = to_unit((Section("Unit", (("Description", text), ("After", "b"))),))
    except ValueError:
        return
    (_, raw), last = settings_of(unit)
    assert specifiers(raw) == text
    assert last == ("After", "b")


@pytest.mark.parametrize("executable", ["-x", "@x", "+x", "!x", ":x", " x", "", "|x"])
def test_an_executable_cannot_carry_a_prefix(executable: str) -> None:
    with pytest.raises(ValueError, match="executable"):
        to_unit((Section("Service", (("ExecStart", Command((executable,))),)),))


def test_a_long_command_has_one_flag_a_line() -> None:
    argv = ("/opt/llama-server", "--model", "/" + "m" * 90, "--port", "1")
    unit = to_unit((Section("Service", (("ExecStart", Command(argv)),)),))
    assert unit.splitlines()[1:] == [
        "ExecStart=/opt/llama-server \\",
        f"    --model /{'m' * 90} \\",
        "    --port 1",
    ]


def test_switches_and_numbers_are_systemds() -> None:
    unit = to_unit((Section("Service", (("A", True), ("B", False), ("C", 45))),), header=("x",))
    assert unit == "# x\n\n[Service]\nA=yes\nB=no\nC=45\n"
