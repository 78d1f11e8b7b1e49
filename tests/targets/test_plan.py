"""What each host gets: builds for whom they are compiled, weights, releases, order."""

from __future__ import annotations

import pytest

from llamafleet.backends import BACKENDS, Backend
from llamafleet.plan import plan_fleet, plan_host, wire
from tests.targets.compiling import fleet_of, plan_of, server, swap

SHARED = """
gpu old {
    vendor = nvidia
    arch = sm_61
}
host far {
    gpus = [old]
}
host maker {
    ram = 64GiB
}
build shared {
    ref = "b11434"
    backend = cuda
    builder = maker
    blas = openblas
    cmake = ["-DGGML_CUDA_GRAPHS=OFF"]
}
""" + server(host="hosts = [h, far]").replace("build = b", "build = shared")


def test_a_builder_compiles_for_every_host_and_the_others_receive() -> None:
    plans = {plan.host: plan for plan in plan_fleet(fleet_of(SHARED))}
    assert {host: plan.builds[0].compiles for host, plan in plans.items() if plan.builds} == {
        "h": False,
        "far": False,
        "maker": True,
    }
    assert "-DCMAKE_CUDA_ARCHITECTURES=61-real;86-real" in plans["maker"].builds[0].cmake
    assert len({plan.builds[0].cmake for plan in plans.values() if plan.builds}) == 1
    assert plans["maker"].services == ()


def test_what_the_fleet_says_to_cmake_comes_last() -> None:
    cmake = plan_of(SHARED).builds[0].cmake
    assert cmake[-1] == "-DGGML_CUDA_GRAPHS=OFF"
    assert "-DGGML_BLAS_VENDOR=OpenBLAS" in cmake
    assert "-DLLAMA_BUILD_NUMBER=11434" in cmake


def test_a_build_that_nobody_runs_is_in_no_plan() -> None:
    plans = list(plan_fleet(fleet_of(SHARED.replace("build = shared", "build = b"))))
    assert {build.build.name for plan in plans for build in plan.builds} == {"b"}


def test_weights_are_those_of_the_models_served_here() -> None:
    more = """
gguf repo {
    hf-repo = "o/r"
    hf-file = "sub/f.gguf"
}
gguf unused {
    path = "/unused.gguf"
}
"""
    text = more + swap(model="draft = repo\n    mmproj = repo")
    assert [(each.path, each.download) for each in plan_of(text).ggufs] == [
        ("/g.gguf", False),
        ("/var/lib/llamafleet/models/o/r/sub/f.gguf", True),
    ]
    assert plan_of(text, "bare").ggufs == ()


def test_services_start_before_what_needs_them() -> None:
    proxy = """
nginx first {
    host = h
    listen = "127.0.0.1:99"
    upstream = w
}
"""
    plan = plan_of(proxy + server())
    assert [service.kind for service in plan.services] == ["llama-server", "nginx"]
    assert [each.name for each in plan.packages] == ["nginx"]
    assert plan.users == ("llamafleet",)


def test_a_release_stands_once_however_many_run_it() -> None:
    second = """
llama-swap t {
    host = h
    build = b
    listen = "127.0.0.1:8181"
    models = [m]
    sha256 = "SUM"
}
""".replace("SUM", "0" * 64)
    [release] = plan_of(swap() + second).releases
    assert release.path == "/opt/llamafleet/llama-swap/v250/llama-swap"
    assert release.sha256 == "0" * 64


def test_a_plan_needs_no_other_host() -> None:
    fleet = fleet_of(SHARED)
    assert plan_host(fleet, "far") == plan_host(fleet, "far", wire(fleet))


@pytest.mark.parametrize("stack", BACKENDS, ids=lambda stack: stack.name)
def test_every_backend_has_a_plan(stack: Backend) -> None:
    other = f"""
build other {{
    ref = "b11434"
    backend = {stack.name}
}}
"""
    [build] = plan_of(other + server().replace("build = b", "build = other")).builds
    assert set(stack.cmake) <= set(build.cmake)
    assert set(stack.packages) <= set(build.packages)
    assert build.prepare == stack.prepare


def test_a_probe_asks_at_the_path_at_which_its_server_answers() -> None:
    def asked(model: str) -> list[str | None]:
        return [p.health for s in plan_of(server(model=model)).services for p in s.probes]

    assert asked("") == ["/health"]
    assert asked('api-prefix = "/llm"') == ["/llm/health"]


def test_an_artifact_names_the_program_that_checks_it() -> None:
    proxy = 'nginx front {\n host = h\n listen = "127.0.0.1:99"\n upstream = s\n}\n'
    checks = {
        each.path: each.check and each.check.program for each in plan_of(swap() + proxy).artifacts
    }
    assert checks == {
        "/etc/llamafleet/llama-swap/s.yaml": "llama-swap",
        "/etc/systemd/system/llama-swap-s.service": None,  # systemd checks its folder
        "/etc/nginx/conf.d/llamafleet-front.conf": "nginx",
    }
