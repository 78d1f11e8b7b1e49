"""The probe itself, run by a real shell: on this machine, and against tools that do their worst."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from llamafleet.machine import MachineFacts
from llamafleet.machine.probe import FIRST, read, script
from llamafleet.machine.source import HUNG

NOWHERE = "/nonexistent"


def ask(root: Path, tools: dict[str, str] | None = None, limit: int = 5) -> MachineFacts:
    folder = root / "tools"
    folder.mkdir(exist_ok=True)
    for name, text in (tools or {}).items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", script(limit), "machine", str(root)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
    )
    assert done.stderr == ""
    found = read(done.stdout.splitlines())
    assert found is not None
    return found


def card(root: Path, pci: str, vendor: str, device: str, device_class: str = "0x030000") -> Path:
    folder = root / "sys/bus/pci/devices" / pci
    folder.mkdir(parents=True)
    for name, value in (("class", device_class), ("vendor", vendor), ("device", device)):
        (folder / name).write_text(f"{value}\n")
    return folder


def running_below(folder: Path) -> list[str]:
    """Command lines of processes that run something in a folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if line.startswith(f"/bin/sh {folder}/tools/")]


def reasons(found: MachineFacts) -> dict[str, str]:
    return {each.part: each.reason for each in found.unknown}


def test_this_machine_tells_of_itself(tmp_path: Path) -> None:
    for name in ("proc/cpuinfo", "proc/meminfo", "etc/os-release"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(Path(f"/{name}").read_text())
    found = ask(tmp_path)
    assert found.cpu
    assert found.cpu.machine == os.uname().machine
    assert found.cpu.threads == os.cpu_count()
    assert found.glibc
    assert found.kernel == os.uname().release
    assert found.distribution
    assert found.ram == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") or found.ram
    assert any(disk.path == "/" and 0 <= disk.free <= disk.size for disk in found.disks)


def test_nothing_stays_on_the_host(tmp_path: Path) -> None:
    before = set(Path("/run").glob("llamafleet-probe.*")) | set(Path("/tmp").glob("llamafleet-pr*"))
    ask(tmp_path)
    after = set(Path("/run").glob("llamafleet-probe.*")) | set(Path("/tmp").glob("llamafleet-pr*"))
    assert after <= before


def test_the_bus_is_read_without_any_tool(tmp_path: Path) -> None:
    one = card(tmp_path, "0000:01:00.0", "0x10de", "0x1b38", "0x030200")
    (tmp_path / "nvidia").mkdir()
    (one / "driver").symlink_to(tmp_path / "nvidia")
    two = card(tmp_path, "0000:0a:00.0", "0x1002", "0x744c")
    (two / "mem_info_vram_total").write_text("25753026560\n")
    xe = card(tmp_path, "0000:17:00.0", "0x8086", "0xe20b") / "tile0"
    xe.mkdir()
    (xe / "physical_vram_size_bytes").write_text("0x2f8000000\n")
    card(tmp_path, "0000:02:00.0", "0x8086", "0x1539", "0x020000")
    virtual = card(tmp_path, "0000:17:00.1", "0x8086", "0xe20b")
    (virtual / "physfn").symlink_to("../0000:17:00.0")
    gpus = ask(tmp_path).gpus
    assert [(gpu.pci, gpu.arch, gpu.vram, gpu.module) for gpu in gpus] == [
        ("0000:01:00.0", "sm_61", None, "nvidia"),
        ("0000:0a:00.0", "gfx1100", 25753026560, None),
        ("0000:17:00.0", "bmg-g21", 0x2F8000000, None),
    ]


def test_nvidias_kernel_module_names_cards_without_its_tool(tmp_path: Path) -> None:
    card(tmp_path, "0000:01:00.0", "0x10de", "0x1b38")
    folder = tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0"
    folder.mkdir(parents=True)
    (folder / "information").write_text(
        "Model: \t\t Tesla P40\nIRQ:   \t\t 147\n"
        "GPU UUID: \t GPU-ce6cba36-415b-4e27-40e2-bded6bc1ee59\nBus Location: \t 0000:01:00.0\n"
    )
    (gpu,) = ask(tmp_path).gpus
    assert (gpu.name, gpu.uuid) == ("Tesla P40", "GPU-ce6cba36-415b-4e27-40e2-bded6bc1ee59")


def test_a_tool_that_hangs_costs_its_limit_and_no_more(tmp_path: Path) -> None:
    card(tmp_path, "0000:01:00.0", "0x10de", "0x1b38")
    began = time.monotonic()
    # It takes no notice of SIGTERM, and has children that hold its output open.
    hangs = "trap '' TERM\nsleep 300 &\nwhile :; do sleep 1; done"
    found = ask(tmp_path, {"nvidia-smi": hangs, "rocminfo": hangs, "docker": hangs}, limit=1)
    assert time.monotonic() - began < 15
    said = reasons(found)
    assert said["nvidia-smi"] == said["rocminfo"] == said["containers"] == HUNG
    assert [gpu.arch for gpu in found.gpus] == ["sm_61"]
    assert found.kernel
    deadline = time.monotonic() + 5
    while (left := running_below(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_a_tool_that_prints_without_end_is_cut_off(tmp_path: Path) -> None:
    found = ask(tmp_path, {"nvidia-smi": "exec yes GPU", "lspci": "exec cat /dev/urandom"})
    assert found.gpus == ()
    assert found.kernel


def test_what_a_tool_prints_is_never_taken_for_another(tmp_path: Path) -> None:
    card(tmp_path, "0000:01:00.0", "0x10de", "0x1b38")
    lies = "printf '= pci 0\\n 0000:09:00.0 0x10de 0x2b85 nvidia\\n= system 0\\n kernel evil\\n'"
    found = ask(tmp_path, {"nvidia-smi": lies, "lspci": lies, "rocminfo": lies})
    assert [gpu.pci for gpu in found.gpus] == ["0000:01:00.0"]
    assert found.kernel == os.uname().release


def test_a_tool_that_crashes_says_why(tmp_path: Path) -> None:
    card(tmp_path, "0000:01:00.0", "0x10de", "0x1b38")
    found = ask(tmp_path, {"nvidia-smi": "echo 'cannot map memory' >&2; kill -SEGV $$"})
    assert "cannot map memory" in reasons(found)["nvidia-smi"]


def test_a_full_folder_for_temporary_files_is_passed_over(tmp_path: Path) -> None:
    """In a mount namespace of its own, where /run has no room left."""
    text = (
        "mount -t tmpfs -o size=64k none /run && head -c 65536 /dev/zero >/run/full 2>/dev/null;"
        " exec sh -c \"$0\" machine ''"
    )
    command = ["unshare", "--mount", "sh", "-c", text, script(5)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr:
        pytest.skip("no mount namespace can be had here")
    found = read(done.stdout.splitlines())
    assert found
    assert found.kernel == os.uname().release
    assert done.stderr == ""


def test_an_answer_that_is_cut_off_leaves_the_rest_unknown() -> None:
    found = read([FIRST, "= pci 0", " 0000:01:00.0 0x10de 0x1b38 nvidia"])
    assert found
    assert [gpu.arch for gpu in found.gpus] == [None]
    assert reasons(found)["system"] == "the answer of the host is cut off"
    assert read([]) is None
    assert read(["bash: fork: retry: Resource temporarily unavailable"]) is None


def test_toolkits_are_found_where_vendors_and_distributions_put_them(tmp_path: Path) -> None:
    def program(path: str, says: str) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\necho '{says}'\n")
        file.chmod(0o755)

    nvcc = "Cuda compilation tools, release {0}, V{0}.93"
    program("usr/local/cuda-12.8/bin/nvcc", nvcc.format("12.8"))
    program("usr/local/cuda-13.0/bin/nvcc", nvcc.format("13.0"))
    (tmp_path / "usr/local/cuda").symlink_to("cuda-13.0")
    program("opt/rocm-6.3.1/.info/version", "")
    (tmp_path / "opt/rocm-6.3.1/.info/version").write_text("6.3.1-48\n")
    program("opt/rocm/core-10.0/bin/amdclang++", "AMD clang version 22.0.0")
    program(
        "opt/intel/oneapi/compiler/2026.1/bin/icpx",
        "Intel(R) oneAPI DPC++/C++ Compiler 2026.1.1 (2026.1.1.20260812)",
    )
    program("usr/bin/g++-13", "13.3.0")
    program("usr/bin/g++-14", "14.2.0")
    (tmp_path / "usr/bin/g++").symlink_to("g++-14")
    shaderc = "shaderc v2025.2 v2025.2\nspirv-tools v2025.1"
    found = ask(tmp_path, {"glslc": f"echo '{shaderc}'"})
    assert [each.version for each in found.toolkits_of("cuda")] == ["13.0.93", "12.8.93"]
    assert [each.version for each in found.toolkits_of("rocm")] == ["10.0", "6.3.1"]
    assert [each.version for each in found.toolkits_of("oneapi")] == ["2026.1.1"]
    assert [each.version for each in found.toolkits_of("glslc")] == ["2025.2"]
    assert sorted(each.major for each in found.compilers) == [13, 14]


SERVING = """\
= units 0
 Id=ollama.service
 Description=Ollama Service
 ActiveState=active
 FragmentPath=/etc/systemd/system/ollama.service

 Id=llama-swap-voice.service
 Description=llama-swap voice
 ActiveState=active
 FragmentPath=/etc/systemd/system/llama-swap-voice.service
 # Managed by llamafleet from fleet.fleet: edits here are overwritten.

 Id=vllm.service
 Description=vllm.service
 ActiveState=inactive
 FragmentPath=

 file ollama.service enabled /etc/systemd/system/ollama.service
 file llama-server.service enabled /usr/lib/systemd/system/llama-server.service
= containers 0
 open-webui\tghcr.io/open-webui/open-webui:main\t0.0.0.0:3000->8080/tcp, [::]:3000->8080/tcp
 db\tpostgres:16\t5432/tcp
= ports 0
 LISTEN 0      4096       127.0.0.1:11434      0.0.0.0:*    users:(("ollama",pid=812,fd=3))
 LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=500,fd=3))
 LISTEN 0      2048               *:8080             *:*
= end 0
"""


def test_what_serves_is_named_once_and_what_is_ours_is_not() -> None:
    found = read([FIRST, *SERVING.splitlines()])
    assert found
    assert [(each.kind, each.name, each.port) for each in found.serving] == [
        ("unit", "ollama.service", None),
        ("unit", "llama-server.service", None),
        ("container", "open-webui", 3000),
        ("port", "ollama", 11434),
        ("port", "a program without a name", 8080),
    ]
