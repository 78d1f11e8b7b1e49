"""Hosts and commands that say nothing: given up in time, and never while something comes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from pyinfra.connectors import util

from llamafleet_roles.pyinfra_hooks import connection, silence
from llamafleet_roles.pyinfra_hooks.connection import monitor, set_socket_options
from llamafleet_roles.pyinfra_hooks.silence import CommandSilentError, SilenceTimeout, read_output


class Stream:
    """Output whose lines come with pauses between them; a closed channel ends it."""

    def __init__(self, *pauses: float) -> None:
        self.pauses = pauses
        self.closed = False
        self.channel = SimpleNamespace(close=self.close)

    def close(self) -> None:
        self.closed = True

    def __iter__(self) -> Iterator[str]:
        for number, pause in enumerate(self.pauses):
            waited = 0.0
            while waited < pause:
                if self.closed:
                    return
                gevent.sleep(0.02)
                waited += 0.02
            yield f"line {number}\n"


def read(stdout: Stream, timeout: int | None) -> list[str]:
    output = read_output(util.read_output_buffers, stdout, Stream(), timeout, False, "")
    return output.stdout_lines


def test_a_command_that_speaks_may_take_longer_than_it_may_be_silent() -> None:
    assert read(Stream(0.6, 0.6, 0.6), SilenceTimeout(1)) == ["line 0", "line 1", "line 2"]


def test_a_command_that_says_nothing_is_given_up_and_its_channel_closed() -> None:
    stream = Stream(0.1, 30)
    with pytest.raises(CommandSilentError, match="no output for 1 s"):
        read(stream, SilenceTimeout(1))
    assert stream.closed


def test_a_question_to_a_host_has_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "PROBE_SILENCE", 1)
    with pytest.raises(CommandSilentError):
        read(Stream(30), None)


def test_a_command_of_this_machine_has_no_limit() -> None:
    stream = Stream(1.3)
    del stream.channel
    assert read(stream, SilenceTimeout(1)) == ["line 0"]


def test_a_timeout_of_the_user_is_for_all_of_it() -> None:
    with pytest.raises(TimeoutError):
        read(Stream(0.6, 0.6, 0.6), 1)


class FakeTransport:
    """A connection on which a packet arrives whenever `says` finds one; it counts questions."""

    def __init__(self, says: Callable[[int], bool]) -> None:
        self.packetizer = SimpleNamespace(read_message=lambda: None)
        self.says, self.asked, self.naps, self.active = says, 0, 0, True

    def is_active(self) -> bool:
        self.naps += 1
        if self.says(self.naps):
            self.packetizer.read_message()
        return self.active and self.naps < 40

    def global_request(self, kind: str, wait: bool) -> None:
        self.asked += 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Naps that take no time."""
    monkeypatch.setattr(gevent, "sleep", lambda _: gevent.idle())


def watched(says: Callable[[int], bool]) -> tuple[FakeTransport, list[int]]:
    """The connection, and after how many naps it was given up."""
    transport, given_up = FakeTransport(says), list[int]()
    anything: Any = transport
    monitor(anything, lambda: given_up.append(transport.naps))
    return transport, given_up


def test_a_host_that_says_something_is_never_given_up(quick: None) -> None:
    transport, given_up = watched(lambda nap: nap % 10 == 0)
    assert given_up == []
    assert transport.naps == 40
    assert transport.asked > 10


def test_a_host_that_says_nothing_any_more_is_given_up_after_a_minute(quick: None) -> None:
    transport, given_up = watched(lambda nap: nap < 5)
    assert given_up == [4 + connection.KEEPALIVE_TIMEOUT // connection.KEEPALIVE_INTERVAL]
    assert transport.asked > 0


def test_a_busy_connection_is_asked_nothing(quick: None) -> None:
    transport, _ = watched(lambda nap: True)
    assert transport.asked == 0


def test_the_kernel_gives_up_a_connection_too() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        set_socket_options(client)
        for level, option, value in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000),
        ):
            assert client.getsockopt(level, option) == value


def test_what_is_no_socket_is_left_as_it_is() -> None:
    set_socket_options(object())


def test_the_page_on_rollouts_names_these_times() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rollout.md").read_text()
    assert f"nothing for {connection.KEEPALIVE_TIMEOUT} s" in page
    assert f"nothing for {silence.COMMAND_SILENCE} s" in page
    assert f"after {silence.PROBE_SILENCE} s" in page
