"""What a unit may not do, what it loses for a reason, and the folders that it is given."""

from __future__ import annotations

import re
import shlex

import pytest

from llamafleet.fleet.model import Fleet
from llamafleet.fleet.schema.flag_tables import bundled
from llamafleet.plan import plan_host
from llamafleet.targets.process.added_flags import ADDITIONS
from llamafleet.targets.process.command import Bind, command_of
from llamafleet.targets.process.named_paths import PATH_FLAGS, Use, paths_of
from llamafleet.targets.process.needs import RUNTIMES, needs_of
from llamafleet.targets.process.sandbox import SANDBOX, Need, lifted
from llamafleet.targets.process.unit_settings import UnitSettings
from tests.targets.compiling import fleet_of

BUILD = '\nbuild c {\n    ref = "b11434"\n    backend = cpu\n}\n'
IMPLY_NO_NEW_PRIVILEGES = {
    "LockPersonality", "MemoryDenyWriteExecute", "PrivateDevices", "ProtectClock",
    "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
    "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "SystemCallArchitectures", "SystemCallFilter",
}  # fmt: skip
"""With `User=`, each of these implies NoNewPrivileges= in systemd 252."""

RUNNING = UnitSettings("llamafleet", None, "always", 5, None)


def swap(models: str, more: str = "") -> str:
    names = ", ".join(re.findall(r"(?m)^model (\w+)", models))
    service = f"host = bare\n    build = c\n    models = [{names}]\n    {more}"
    return f"{BUILD}{models}\nllama-swap s {{\n    {service}\n}}\n"


def model(more: str) -> str:
    return f"model m {{\n    gguf = g\n    {more}\n}}\n"


def lines(text: str) -> list[str]:
    plan = plan_host(fleet_of(text), "bare")
    [unit] = [each.content for each in plan.artifacts if each.path.endswith(".service")]
    return unit.replace("\\\n", " ").splitlines()


def values(text: str, setting: str) -> list[str]:
    return [each.partition("=")[2] for each in lines(text) if each.startswith(f"{setting}=")]


def needs(fleet: Fleet, name: str = "m") -> frozenset[Need]:
    return needs_of((fleet.models[name],), RUNNING, 8080, None)


def test_a_service_on_the_cpu_keeps_every_protection() -> None:
    found = lines(swap(model("ctx-size = 1024")))
    assert not [line for line in found if line.startswith("# No ")]
    assert {each.setting for each in SANDBOX} <= {line.partition("=")[0] for line in found}


@pytest.mark.parametrize("need", Need)
def test_every_exception_has_its_reason(need: Need) -> None:
    found = lifted({need})
    assert found
    assert all(reason and names for reason, names in found.items())


@pytest.mark.parametrize(
    ("more", "want"),
    [
        ('tools = ["all"]', True),
        ("agent = on", True),
        ("agent = off", False),
        ('extra-args = ["--mcp_servers_json", "{}"]', True),
        ("ctx-size = 1024", False),
    ],
)
def test_a_server_that_starts_programs_may_make_code(more: str, want: bool) -> None:
    assert (not values(swap(model(more)), "MemoryDenyWriteExecute")) is want


def test_a_build_whose_library_compiles_may_make_code() -> None:
    text = swap(model("ctx-size = 1024"))
    other = text.replace("backend = cpu", 'backend = cpu\n    cmake = ["-DGGML_ZENDNN=ON"]')
    assert values(text, "MemoryDenyWriteExecute") == ["yes"]
    assert values(other, "MemoryDenyWriteExecute") == []
    assert values(other, "PrivateDevices") == ["yes"]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    "command", ['["/usr/bin/{}", "run"]', '["{}", "run"]', '["sh", "-c", "exec {} run x"]']
)
def test_a_container_runtime_gets_what_it_needs(runtime: str, command: str) -> None:
    written = swap(f"model m {{\n    command = {command.format(runtime)}\n}}\n")
    assert Need.CONTAINERS in needs(fleet_of(written))
    found = {line.partition("=")[0] for line in lines(written)}
    assert not found & {"NoNewPrivileges", "PrivateUsers", *IMPLY_NO_NEW_PRIVILEGES}
    assert "ProtectSystem" in found


@pytest.mark.parametrize("word", ["docker", "my-podman-log", "unshared", "podman.log"])
def test_other_words_lift_nothing(word: str) -> None:
    written = swap(f'model m {{\n    command = ["/usr/bin/{word}", "run"]\n}}\n')
    assert Need.CONTAINERS not in needs(fleet_of(written))


def test_a_low_port_is_taken_by_one_capability() -> None:
    text = swap(model("ctx-size = 1024"), 'listen = "127.0.0.1:80"')
    assert values(text, "AmbientCapabilities") == ["CAP_NET_BIND_SERVICE"]
    assert values(text, "CapabilityBoundingSet") == ["CAP_NET_BIND_SERVICE"]
    assert values(text, "PrivateUsers") == []
    assert values(text, "User") == ["llamafleet"]


def test_every_flag_that_names_a_path_is_in_the_table() -> None:
    flags = bundled()[0].flags
    own = re.compile(r"\b(file|files|directory|folder|path)\b", re.IGNORECASE)
    not_paths = {
        "api-prefix", "api-key", "lora-init-without-apply", "mmproj-url", "hf-file",
        "spec-draft-hf", "model", "mmproj", "spec-draft-model", "models-max",
        "models-autoload", "media-max", "model-url", "hf-repo", "docker-repo",
    }  # fmt: skip
    wanted = {
        flag.key
        for flag in flags.values()
        if flag.type in ("text", "list", "repeated")
        and (own.search(flag.help) or flag.key.endswith(("-file", "-dir", "-path")))
    }
    assert wanted - not_paths <= PATH_FLAGS.keys()
    assert PATH_FLAGS.keys() <= {flag.key for each in bundled() for flag in each.flags.values()}


def test_paths_are_found_wherever_they_are_written() -> None:
    fleet = fleet_of(
        model(
            'lora-scaled = ["/l/a.gguf:0.5", "/l/b.gguf:1"]\n'
            '    api-key-file = ["/k/one", "/k/two"]\n'
            '    extra-args = ["--slot-save-path", "/srv/slots", "--media_path", "/srv/media"]\n'
            '    env = ["LLAMA_ARG_LOG_FILE=/srv/log/a.log"]'
        )
    )
    found = {
        (each.path, each.use) for each in paths_of(fleet.models["m"], fleet.builds["b"], fleet)
    }
    assert found == {
        ("/l/a.gguf", Use.READS),
        ("/l/b.gguf", Use.READS),
        ("/k/one", Use.READS),
        ("/k/two", Use.READS),
        ("/srv/slots", Use.WRITES_FOLDER),
        ("/srv/media", Use.READS),
        ("/srv/log/a.log", Use.WRITES_FILE),
    }


def test_a_folder_is_made_before_a_unit_depends_on_it() -> None:
    text = swap(model('slot-save-path = "/srv/my slots"'), 'store-path = "/srv/figures/s.db"')
    assert [shlex.split(each) for each in values(text, "ReadWritePaths")] == [
        ["-/srv/figures", "-/srv/my slots"]
    ]
    made = [shlex.split(each.replace("$$", "$")) for each in values(text, "ExecStartPre")]
    assert [(each[0], each[-2:]) for each in made] == [
        ("+/bin/sh", ["llamafleet", "/srv/figures"]),
        ("/bin/sh", ["check", "/srv/figures"]),
        ("-+/bin/sh", ["llamafleet", "/srv/my slots"]),
    ]


def test_a_relative_path_is_one_below_the_state_folder() -> None:
    text = swap(model('slot-save-path = "slots"'))
    assert values(text, "ReadWritePaths") == ["-/var/lib/llama-swap-s/slots"]


@pytest.mark.parametrize("path", ["/dev/stderr", "/proc/self/fd/2", "/a.log"])
def test_a_log_in_no_folder_of_its_own_opens_none(path: str) -> None:
    text = swap(model(f'log-file = "{path}"'))
    assert values(text, "ReadWritePaths") == []
    assert values(text, "ExecStartPre") == []


def test_paths_in_tmp_are_those_of_the_host() -> None:
    text = swap(model('slot-save-path = "/tmp/slots"\n    grammar-file = "/var/tmp/a.gbnf"'))
    assert values(text, "PrivateTmp") == ["yes"]
    assert values(text, "BindPaths") == ["-/tmp/slots"]
    assert values(text, "BindReadOnlyPaths") == ["-/var/tmp/a.gbnf"]
    assert values(text, "ReadWritePaths") == []


@pytest.mark.parametrize(("seconds", "grows"), [("5s", True), ("60s", False), ("10m", False)])
def test_the_wait_between_restarts_grows_unless_it_is_long(seconds: str, grows: bool) -> None:
    text = swap(model("ctx-size = 1024"), f"restart-sec = {seconds}")
    assert bool(values(text, "RestartSteps")) is grows
    assert values(swap(model("ctx-size = 1024"), "restart = no"), "RestartSteps") == []


ALWAYS = ("--model", "--alias", "--tags", "--host", "--port")


@pytest.mark.parametrize("more", ["", "gpus = []", "parallel = 4", "fit-target = 512", "fit = on"])
def test_an_argv_holds_nothing_that_is_neither_written_nor_listed(more: str) -> None:
    fleet = fleet_of(model(more))
    argv = command_of(fleet.models["m"], "b", fleet.hosts["bare"], fleet, Bind("127.0.0.1", 1))
    written = {flag.argv[0] for flag in fleet.models["m"].flags}
    listed = {each.words[0] for each in ADDITIONS if each.applies(fleet.models["m"])}
    assert {group[0] for group in argv[1:]} <= {*ALWAYS, *written, *listed}
    assert listed <= {group[0] for group in argv}
    assert not listed & written
