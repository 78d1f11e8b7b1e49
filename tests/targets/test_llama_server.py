"""llama-server units: processes and their ports, argv, what is refused, hostile text."""

from __future__ import annotations

import pytest

from llamafleet.plan import wire
from tests.targets.compiling import content_of, errors_of, fleet_of, plan_of, server
from tests.writers.test_systemd_unit import settings_of, specifiers, variables, words


def unit_of(text: str, index: int = 0, host: str = "h") -> list[tuple[str, str]]:
    return settings_of(content_of(text, f"-{index}.service", host))


def argv_of(text: str, index: int = 0, host: str = "h") -> list[str]:
    raw = dict(unit_of(text, index, host))["ExecStart"]
    return [variables(specifiers(word)) for word in words(raw)]


def environment_of(text: str, index: int = 0) -> list[str]:
    found = unit_of(text, index)
    return [specifiers(*words(value)) for key, value in found if key == "Environment"]


def after(argv: list[str], flag: str) -> str:
    return argv[argv.index(flag) + 1]


def test_a_process_for_each_gpu_has_its_own_card_and_port() -> None:
    text = server('placement = per-gpu\n    listen = "127.0.0.1:9000"')
    for index in (0, 1):
        assert after(argv_of(text, index), "--port") == str(9000 + index)
        assert f"CUDA_VISIBLE_DEVICES={index}" in environment_of(text, index)
    assert len(plan_of(text).services[0].units) == 2


def test_only_the_gpus_of_the_model_get_a_process() -> None:
    text = server("placement = per-gpu", model="gpus = [1]")
    assert "CUDA_VISIBLE_DEVICES=1" in environment_of(text)
    assert len(plan_of(text).services[0].units) == 1


def test_replicas_share_what_the_model_sees() -> None:
    text = server("replicas = 3", host="hosts = [h, bare]")
    assert [unit.name for unit in plan_of(text, "bare").services[0].units] == [
        "llama-server-w-0.service",
        "llama-server-w-1.service",
        "llama-server-w-2.service",
    ]
    assert not [each for each in environment_of(text) if each.startswith("CUDA_VISIBLE")]


def test_the_digest_is_a_tag_and_what_the_probe_expects() -> None:
    text = server(model="ctx-size = 4096")
    [probe] = plan_of(text).services[0].probes
    assert after(argv_of(text), "--tags") == (
        f"llamafleet:{probe.models[0].digest},llama.cpp:b11434"
    )
    assert after(argv_of(text), "--alias") == "m"
    other = server(model="ctx-size = 4097")
    assert after(argv_of(other), "--tags") != after(argv_of(text), "--tags")


@pytest.mark.parametrize(
    ("rest", "host", "message"),
    [
        ("", "", "missing-key: this llama-server has no host"),
        (
            "placement = per-gpu\n replicas = 2",
            "host = h",
            "conflicting-keys: replicas has no effect with placement = per-gpu, "
            "which starts one process per GPU",
        ),
        (
            "placement = per-gpu",
            "host = bare",
            'no-gpu: placement is per-gpu, but host "bare" has no gpus',
        ),
        ("", "host = h\n hosts = [bare]", "conflicting-keys: host and hosts are both set"),
    ],
)
def test_what_cannot_be_meant_is_refused(rest: str, host: str, message: str) -> None:
    assert errors_of(server(rest, host=host)) == [message]


def test_weights_need_a_build() -> None:
    text = server().replace("    build = b\n", "")
    assert errors_of(text) == ['missing-key: this llama-server has no build for model "m"']


@pytest.mark.parametrize(
    "line",
    [
        'requires = ["a.service\\nExecStartPre=/bin/sh"]',
        'requires = ["no unit"]',
        'environment-file = "relative"',
        'environment-file = "/a b"',
        'environment-file = "/a\\\\"',
        'user = "root\\nGroup=root"',
        'user = "a b"',
    ],
)
def test_text_that_would_leave_its_setting_is_refused(line: str) -> None:
    [error] = errors_of(server(line))
    assert error.startswith("wrong-type: ")


def test_hostile_arguments_stay_arguments() -> None:
    hostile = ['"; rm -rf /', "$HOME", "${HOME}", "%h", "%%", "a\\\\", "'", ";", "#", "\\"]
    listed = ", ".join('"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"'
                       for each in hostile)  # fmt: skip
    text = server(model=f"extra-args = [{listed}]")
    assert argv_of(text)[-len(hostile) :] == hostile


def test_hostile_environment_stays_a_value() -> None:
    text = server(model='env = ["A=x\\" B=%h $HOME \\\\"]')
    assert environment_of(text)[-1] == 'A=x" B=%h $HOME \\'


def test_devices_are_hidden_only_from_builds_that_use_none() -> None:
    text = server()
    assert "PrivateDevices" not in dict(unit_of(text))
    assert dict(unit_of(cpu(text)))["PrivateDevices"] == "yes"


def cpu(text: str) -> str:
    """The same on a build without a GPU."""
    more = '\nbuild c {\n    ref = "b11434"\n    backend = cpu\n}\n'
    return text.replace("build = b", "build = c") + more


@pytest.mark.parametrize(
    ("backend", "groups"),
    [("cuda", None), ("hip", "render video"), ("vulkan", "render video"), ("sycl", "render video")],
)
def test_a_unit_is_in_the_groups_that_reach_the_card(backend: str, groups: str | None) -> None:
    text = cpu(server()).replace("backend = cpu", f"backend = {backend}")
    assert dict(unit_of(text)).get("SupplementaryGroups") == groups
    assert plan_of(text).groups == tuple((groups or "").split())


def test_sycl_finds_its_libraries_through_a_wrapper_that_the_server_replaces() -> None:
    text = cpu(server()).replace("backend = cpu", "backend = sycl")
    argv = argv_of(text)
    assert argv[:2] == ["/bin/bash", "-c"]
    assert argv[2].endswith('&& exec "$0" "$@"')
    assert argv[3] == "/opt/llamafleet/llama.cpp/c/llama-server"


def test_a_port_below_1024_comes_with_the_right_to_take_it() -> None:
    unit = dict(unit_of(server('listen = "0.0.0.0:80"')))
    assert unit["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE"
    assert "AmbientCapabilities" not in dict(unit_of(server()))


def test_what_the_server_may_write_is_writable() -> None:
    text = server(model='slot-save-path = "/srv/slots"\n    log-file = "/srv/log/a.log"')
    assert dict(unit_of(text))["ReadWritePaths"] == "-/srv/log -/srv/slots"


def test_stopping_takes_long_enough() -> None:
    unit = dict(unit_of(server()))
    assert int(unit["TimeoutStopSec"]) >= 45
    assert unit["KillMode"] == "mixed"


def test_endpoints_are_every_process_and_say_where_from() -> None:
    text = server('replicas = 2\n listen = "0.0.0.0:9000"', host="hosts = [h, bare]",
                  model="parallel = 3")  # fmt: skip
    found = wire(fleet_of(text)).endpoints["w"]
    assert [(each.host, each.listen.port, each.slots) for each in found] == [
        ("h", 9000, 3),
        ("h", 9001, 3),
        ("bare", 9000, 3),
        ("bare", 9001, 3),
    ]
    assert found[2].reached_from("bare") == "127.0.0.1"
    assert found[2].reached_from("h") == "10.0.0.9"
    assert found[0].models == ("m",)


def test_no_card_for_each_of_no_cards() -> None:
    [error] = errors_of(server("placement = per-gpu", model="gpus = []"))
    assert error.startswith('no-gpu: placement is per-gpu, but model "m" has gpus = []')
