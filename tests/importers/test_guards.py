"""What guards a service is taken over or named, and nothing becomes root in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamafleet.cli import main
from llamafleet.importers.dispatch import ImportOptions, ImportResult, SourceKind, import_source
from llamafleet.importers.guards import missing
from llamafleet.importers.unit_file import UnitSetting, read
from llamafleet.source import Source

CONFIG = b"models:\n  a:\n    cmd: llama-server --port ${PORT} -m /m/a.gguf\n"
SERVER = "ExecStart=/x/llama-server -m /m/a.gguf\n"


def imported(text: str, path: str = "x.service") -> ImportResult:
    options = ImportOptions(read=lambda _: CONFIG)
    return import_source(Source(path, text), SourceKind.UNIT, options)


def messages(result: ImportResult) -> list[str]:
    return [each.message for each in result.diagnostics]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("-config-dir /etc/d", "-config-dir is not imported: its models and API keys are missing"),
        ("--tls-cert-file=/a", "-tls-cert-file is not imported: the service would use plain"),
        ("-tls-key-file /b", "-tls-key-file is not imported"),
        ("-listen localhost", "-listen is not imported: it is not an address with a port"),
        ("-some-day yes", "-some-day is not imported"),
        ("stray", "-stray is not imported"),
    ],
)
def test_a_flag_of_llama_swap_is_known_or_named(flags: str, message: str) -> None:
    result = imported(f"[Service]\nUser=u\nExecStart=/x/llama-swap -config /c.yaml {flags}\n")
    assert result.failed
    assert any(each.startswith(message) for each in messages(result)), messages(result)


def test_what_is_not_taken_over_is_never_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_bytes(CONFIG)
    unit = tmp_path / "x.service"
    start = "ExecStart=/x/llama-swap -config c.yaml"
    unit.write_text(f"[Service]\nUser=u\n{start} -tls-cert-file /a -tls-key-file /b\n")
    assert main(["import", str(unit), "--verify"]) == 1
    assert "verified: the" not in capsys.readouterr().err
    unit.write_text(f"[Service]\nUser=u\n{start}\n")
    assert main(["import", str(unit), "--verify"]) == 0
    assert "verified: the" in capsys.readouterr().err


@pytest.mark.parametrize(
    "directive",
    [
        "IPAddressDeny=any",
        "SystemCallFilter=@basic-io",
        "LoadCredential=key:/etc/key",
        "MemoryDenyWriteExecute=yes",
        "PrivateNetwork=yes",
        "SocketBindDeny=any",
        "InaccessiblePaths=/home",
        "RestrictAddressFamilies=AF_UNIX",
        "AppArmorProfile=llama",
    ],
)
@pytest.mark.parametrize(
    "start", [SERVER, "ExecStart=/x/llama-swap -config /c.yaml -listen 127.0.0.1:8080\n"]
)
def test_a_guard_of_the_unit_is_missed(directive: str, start: str) -> None:
    result = imported(f"[Service]\nUser=u\n{directive}\n{start}")
    assert any(directive in each and "protects" in each for each in messages(result))
    assert any(directive in each for each in result.differences())


@pytest.mark.parametrize(
    "directive",
    [
        "NoNewPrivileges=yes",
        "ProtectSystem=full",
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        "PrivateTmp=true",
        "RestrictNamespaces=no",
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
        "UMask=0027",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET",
    ],
)
def test_a_guard_that_is_rendered_as_strictly_is_not_missed(directive: str) -> None:
    result = imported(f"[Service]\nUser=u\n{directive}\n{SERVER}")
    assert messages(result) == []
    assert result.differences() == []


def settings(text: str) -> tuple[UnitSetting, ...]:
    return read(Source("u", f"[Service]\n{text}"))


@pytest.mark.parametrize(
    ("theirs", "ours", "kept"),
    [
        ("ProtectHome=yes", "ProtectHome=read-only", False),
        ("ProtectHome=tmpfs", "ProtectHome=yes", True),
        ("UMask=0077", "UMask=0022", False),
        ("UMask=odd", "UMask=0077", False),
        ("PrivateTmp=1", "PrivateTmp=yes", True),
        ("PrivateTmp=yes", "PrivateTmp=no", False),
        ("DynamicUser=yes", "User=llamafleet", True),
        ("DynamicUser=yes", "User=root", False),
        ("CapabilityBoundingSet=~CAP_SYS_ADMIN", "CapabilityBoundingSet=CAP_CHOWN", True),
        ("CapabilityBoundingSet=~CAP_CHOWN", "CapabilityBoundingSet=CAP_CHOWN", False),
        ("ReadOnlyPaths=/m", "ProtectSystem=strict", True),
    ],
)
def test_how_strict_a_guard_is(theirs: str, ours: str, kept: bool) -> None:
    assert (not list(missing(settings(theirs), settings(ours)))) is kept


@pytest.mark.parametrize(
    ("lines", "path", "said"),
    [
        (
            "",
            "x.service",
            "the unit has no User= and ran as root: the service will run as llamafleet",
        ),
        ("DynamicUser=yes\n", "x.service", "DynamicUser= is not imported"),
        ("DynamicUser=yes\nUser=ghost\n", "x.service", "DynamicUser= is not imported"),
        ("User=%i\n", "x.service", "User=%i is only known to systemd"),
        ("", "/home/k/.config/systemd/user/x.service", "a user unit does not name its user"),
    ],
)
def test_nobody_becomes_root_in_silence(lines: str, path: str, said: str) -> None:
    result = imported(f"[Service]\n{lines}{SERVER}", path)
    assert result.text is not None
    assert "user " not in result.text
    assert any(each.startswith(said) for each in messages(result)), messages(result)
    assert result.differences() == []


def test_a_user_unit_is_seen_by_what_wants_it() -> None:
    result = imported(f"[Service]\n{SERVER}[Install]\nWantedBy=default.target\n")
    assert any(each.startswith("a user unit does not name its user") for each in messages(result))


@pytest.mark.parametrize("user", ["root", "0"])
def test_root_stays_root_where_the_unit_says_so_and_is_named(user: str) -> None:
    result = imported(f"[Service]\nUser={user}\n{SERVER}")
    assert "user        = root" in (result.text or "")
    assert messages(result) == [f"the service runs as root, because of User={user}"]


def test_files_of_variables_are_kept_or_named() -> None:
    result = imported(f"[Service]\nUser=u\nEnvironmentFile=-/etc/default/x\n{SERVER}")
    assert 'environment-file = "/etc/default/x"' in (result.text or "")
    assert "was optional" in messages(result)[0]
    assert not result.failed
    result = imported(f"[Service]\nUser=u\nEnvironmentFile=/a\nEnvironmentFile=/b\n{SERVER}")
    assert result.failed
    assert messages(result) == ["EnvironmentFile=/b is not imported"]


def test_variables_of_llama_swap_are_delivered() -> None:
    result = imported(
        "[Service]\nUser=u\nEnvironment=CUDA_VISIBLE_DEVICES=1 LLAMA_API_KEY=sesame-1\n"
        "ExecStart=/x/llama-swap -config /c.yaml\n"
    )
    assert {each.variable for each in result.secrets} == {"CUDA_VISIBLE_DEVICES", "LLAMA_API_KEY"}
    assert 'environment-file = "/etc/llamafleet/main.env"' in (result.text or "")
    assert "sesame" not in (result.text or "")


def test_a_program_that_only_systemd_knows_is_an_error_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = tmp_path / "x.service"
    unit.write_text("[Service]\nExecStart=%h/bin/llama-server -m /m/a.gguf\n")
    assert main(["import", str(unit), "--verify"]) == 1
    err = capsys.readouterr().err
    assert "%h is only known to systemd" in err
    assert "no fleet file is written" in err
    assert "verified" not in err
