"""Environment files: systemd reads back exactly the values that were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamafleet_roles.environment import EnvironmentFileError, environment_text
from llamafleet_roles.services.environment import environment_files
from tests.roles.machine import plan_of, server_service, swap_service


def read_back(text: str) -> dict[str, str]:
    """A reading of systemd.exec(5): in quotes a backslash makes four characters literal."""
    found: dict[str, str] = {}
    at = text.index("\n") + 1  # the comment
    while at < len(text):
        equals = text.index("=", at)
        name, at, value = text[at:equals], equals + 2, ""
        while text[at] != '"':
            if text[at] == "\\" and text[at + 1] in '"\\`$':
                at += 1
            value += text[at]
            at += 1
        found[name] = value
        assert text[at : at + 2] == '"\n'
        at += 2
    return found


values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), values, max_size=4))
def test_values_are_read_back_as_they_were(given_values: dict[str, str]) -> None:
    assert read_back(environment_text(given_values)) == given_values


def test_only_services_of_the_host_get_a_file_and_it_restarts_them() -> None:
    plan = plan_of(swap_service(), server_service(0))
    file, dropped = environment_files(plan, {"voice": {"KEY": "x"}, "elsewhere": {"KEY": "y"}})
    assert (file.path, file.mode) == ("/etc/llamafleet/voice.env", "600")
    assert file.restarts == dropped.restarts == ("llama-swap-voice.service",)
    assert dropped.path.startswith("/etc/systemd/system/llama-swap-voice.service.d/")
    assert "EnvironmentFile=/etc/llamafleet/voice.env\n" in dropped.content


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "must be {service: {NAME: value}}"),
        ({"voice": "KEY=x"}, "must be {NAME: value}"),
        ({"voice": {"A B": "x"}}, "is not a valid name"),
        ({"voice": {"KEY": "x\0y"}}, "NUL"),
    ],
)
def test_bad_data_is_named(data: object, message: str) -> None:
    with pytest.raises(EnvironmentFileError, match=message.replace("{", r"\{")):
        environment_files(plan_of(swap_service()), data)
