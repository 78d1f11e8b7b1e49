"""Random fleet files in random layouts."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["a", "chat-small", "q4_0", "v1.2", "set", "include", "x_y", "longer-key-name"]
)
TEXT = st.text(st.sampled_from('ab #\\"{}[]=,\té中'), max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
KEYS = st.one_of(WORDS, WORDS, TEXT)
LITERALS = st.sampled_from(["0", "-1", "1.50", "12GiB", "17.6GB", "1m30s", "250ms"])
COMMENT = st.text(st.sampled_from('ab#{}[]=" ,é'), max_size=6).map("#{}".format)
BLANKS = st.sampled_from(["", "", "", "\n", "\n\n", "\n  \n\n"])
SPACE = st.sampled_from(["", " ", "   ", "\t"])
GAP = st.sampled_from([" ", "  ", "\t"])
INDENT = st.sampled_from(["", " ", "    ", "\t"])
NEWLINE = st.sampled_from(["\n", "\n", "\n", "\r\n"])


@st.composite
def line_ends(draw: st.DrawFn) -> str:
    """The end of a line, with whatever may come before the next."""
    parts = [draw(SPACE)]
    if draw(st.integers(0, 4)) == 0:
        parts.append(draw(COMMENT))
    parts.append(draw(NEWLINE))
    parts.append(draw(BLANKS))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        parts += [draw(INDENT), draw(COMMENT), draw(NEWLINE), draw(BLANKS)]
    parts.append(draw(INDENT))
    return "".join(parts)


@st.composite
def values(draw: st.DrawFn, depth: int = 0) -> str:
    """A value; lists may run over lines and hold comments."""
    if depth > 2 or draw(st.integers(0, 3)):
        return draw(st.one_of(WORDS, TEXT, LITERALS))
    maybe_line = st.one_of(SPACE, SPACE, line_ends())
    items = [draw(values(depth + 1)) for _ in range(draw(st.integers(0, 5)))]
    text = "[" + draw(maybe_line)
    for number, item in enumerate(items):
        text += item + draw(SPACE)
        if number < len(items) - 1 or draw(st.booleans()):
            text += "," + draw(maybe_line)
        else:
            text += draw(maybe_line)
    return text + "]"


@st.composite
def expressions(draw: st.DrawFn, depth: int = 0) -> str:
    """A set expression with any parentheses."""
    if depth > 2 or draw(st.integers(0, 2)) == 0:
        return draw(st.one_of(WORDS, WORDS.map("+{}".format)))
    terms = [draw(expressions(depth + 1)) for _ in range(draw(st.integers(1, 3)))]
    joined = (draw(SPACE) + draw(st.sampled_from("&|")) + draw(SPACE)).join(terms)
    return f"({draw(SPACE)}{joined}{draw(SPACE)})" if draw(st.booleans()) else joined


@st.composite
def entries(draw: st.DrawFn, depth: int = 0) -> str:
    """An attribute, a set or a block, with its line end."""
    kind = draw(st.integers(0, 9 if depth < 2 else 7))
    if kind < 6:
        return f"{draw(KEYS)}{draw(SPACE)}={draw(SPACE)}{draw(values())}{draw(line_ends())}"
    if kind < 8:
        head = f"{draw(WORDS)}{draw(GAP)}{draw(WORDS)}{draw(SPACE)}={draw(SPACE)}"
        return f"{head}{draw(expressions())}{draw(line_ends())}"
    return draw(blocks(depth + 1))


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> str:
    """A block with its line end."""
    label = draw(st.one_of(st.just(""), WORDS, TEXT))
    head = f"{draw(KEYS)}{draw(GAP)}{label}{draw(SPACE)}{{"
    body = ""
    if draw(st.integers(0, 5)):
        inner = [draw(entries(depth)) for _ in range(draw(st.integers(0, 4)))]
        body = draw(line_ends()) + "".join(inner)
    return f"{head}{body}}}{draw(line_ends())}"


@st.composite
def files(draw: st.DrawFn) -> str:
    """A whole file."""
    directive = st.builds(
        "{}{}{}{}".format, WORDS, GAP, st.one_of(TEXT, LITERALS_PLAIN), line_ends()
    )
    top = [draw(st.one_of(blocks(), blocks(), directive)) for _ in range(draw(st.integers(0, 4)))]
    text = draw(st.one_of(st.just(""), line_ends())) + "".join(top)
    return text.rstrip("\r\n \t") if draw(st.booleans()) else text


LITERALS_PLAIN = st.sampled_from(["1", "2.5", "-3"])
