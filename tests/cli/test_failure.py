"""When the tool itself fails: one line, exit code 3, and a traceback only on request."""

from __future__ import annotations

import pytest

from llamafleet import cli


@pytest.fixture(autouse=True)
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(**_: object) -> int:
        raise ValueError("two\nlines")

    monkeypatch.setattr(cli, "_command", lambda _: command)


def test_it_says_so_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLAMAFLEET_DEBUG", raising=False)
    assert cli.main(["check", "x"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "internal error: ValueError: two lines\n" in said.err
    assert "LLAMAFLEET_DEBUG=1" in said.err
    assert "Traceback" not in said.err


def test_a_traceback_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMAFLEET_DEBUG", "1")
    with pytest.raises(ValueError, match="two"):
        cli.main(["check", "x"])


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (PermissionError(13, "Permission denied", "/x/y"), 3, 'cannot write "/x/y": permission'),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_is_no_defect(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("LLAMAFLEET_DEBUG", raising=False)

    def command(**_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_command", lambda _: command)
    assert cli.main(["check", "x"]) == code
    said = capsys.readouterr().err
    assert words in said
    assert "internal error" not in said
