"""A command's arguments are the same whether it is read alone, as always, or with all others."""

from __future__ import annotations

import argparse

import pytest

from llamafleet.cli.arguments import COMMANDS, parser, read


def command(top: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    (commands,) = (each for each in top._actions if isinstance(each, argparse._SubParsersAction))
    found: argparse.ArgumentParser = commands.choices[name]
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_alone_says_what_it_says_among_all(name: str) -> None:
    alone, among = parser(name), parser()
    assert command(alone, name).format_help() == command(among, name).format_help()
    assert alone.format_usage() == among.format_usage()


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(["--help"])
    listed = capsys.readouterr().out.split()
    assert set(COMMANDS) <= set(listed)


def test_a_misspelt_command_is_told_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(["chekc", "a.fleet"])
    said = capsys.readouterr().err
    assert all(name in said for name in COMMANDS)
