"""Drill: a GPU stack is one file, with its vendor's card, and its name in BACKENDS."""

from __future__ import annotations

import json

from .conftest import Tree

STACK = '''"""Moore Threads cards through MUSA."""

from .backend import Backend
from .driver import Driver
from .vendor import Vendor

MOORE = Vendor(
    name="moore",
    shown="Moore Threads",
    pci="0x1ed5",
    probe="for n in 1 2; do echo card moore 0000:0$n:00.0 arch mp_31; done\\n",
)
MUSA = Backend(
    name="musa",
    vendors=(MOORE,),
    cmake=("-DGGML_MUSA=ON",),
    architectures="MUSA_ARCHITECTURES",
    arch_prefix="mp_",
    packages=("musa-toolkit",),
    runtime_packages=("musa-runtime",),
    visible_devices="MUSA_VISIBLE_DEVICES",
    device="MUSA",
    arch_pattern=r"mp_\\d{2}",
    arch_example="mp_31",
    toolkit="mcc",
    toolkit_version="echo 4.3",
    job_memory=1_500_000,
    driver=Driver(111, 100, 122, "a drill"),
    contexts=True,
)
'''

FLEET = """fleet 1

gpu s4000 {
    vendor = moore
    arch   = ARCH
    vram   = 48GiB
}

host box {
    gpus = [s4000, s4000]
}

build main {
    ref     = "b11434"
    backend = musa
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf       = small
    gpus       = [1]
    vram       = 4GiB
    split-mode = SPLIT
}

llama-swap voice {
    host   = box
    build  = main
    models = [chat]
}
"""

ASK_ROLES = """
import json, subprocess
from llamafleet_roles.base.facts import Machine
from llamafleet_roles.base.gpus import gpu_mismatch
from llamafleet_roles.llama_cpp.facts import Builds

def asked(command):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True).stdout.splitlines()

machine = Machine()
seen = machine.process(asked(machine.command()))
moore = [gpu for gpu in seen.gpus if gpu.vendor == "moore"]
builds = Builds()
print(json.dumps({
    "count": len(moore),
    "archs": [gpu.arch for gpu in moore],
    "problem": gpu_mismatch("box", (("moore", "mp_31"),) * 3, seen),
    "toolkit": builds.process(asked(builds.command(()))).versions["mcc"],
}))
"""

ASK_PLAN = """
from llamafleet.api import load
from llamafleet.plan import plan_fleet
print(list(plan_fleet(load("drill.fleet"))))
"""

ASK_MEMORY = """
from llamafleet.capacity.memory.drivers import driver
print(driver("MUSA0").middle)
"""


def add_backend(tree: Tree) -> None:
    """Do what CONTRIBUTING.md says of a GPU stack."""
    tree.write("dsl/llamafleet/backends/musa.py", STACK)
    listed = "dsl/llamafleet/backends/__init__.py"
    tree.replace(listed, "from .sycl import", "from .musa import MUSA\nfrom .sycl import")
    tree.replace(listed, "SYCL, CPU)", "SYCL, MUSA, CPU)")
    assert tree.run("tools/reference.py").returncode == 0


def check(tree: Tree, arch: str = "mp_31", split: str = "layer") -> str:
    text = FLEET.replace("ARCH", arch).replace("SPLIT", split)
    done = tree.llamafleet("check", str(tree.write("drill.fleet", text)))
    return done.stdout + done.stderr


def test_a_backend_is_one_room(tree: Tree) -> None:
    add_backend(tree)
    assert "drill.fleet: ok" in check(tree)
    assert tree.llamafleet("render", "drill.fleet", "-o", "rendered").returncode == 0
    words = tree.run("-c", ASK_PLAN).stdout
    for expected in ("-DGGML_MUSA=ON", "-DMUSA_ARCHITECTURES=31", "musa-toolkit", "musa-runtime"):
        assert expected in words
    written = "".join(path.read_text("utf-8") for path in (tree.root / "rendered").rglob("*.yaml"))
    assert "MUSA_VISIBLE_DEVICES=1" in written
    assert "MUSA_VISIBLE_DEVICES" in tree.read("docs/reference.md")


def test_rules_know_a_new_backend(tree: Tree) -> None:
    add_backend(tree)
    misspelt = check(tree, arch="sm_86")
    assert 'musa has no architecture "sm_86"' in misspelt
    assert "use a name such as mp_31" in misspelt
    assert "does not support split-mode = row with musa" in check(tree, split="row")


def test_roles_and_memory_know_a_new_backend(tree: Tree) -> None:
    add_backend(tree)
    done = tree.run("-c", ASK_ROLES)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["count"], found["archs"], found["toolkit"]) == (2, ["mp_31"] * 2, "4.3")
    assert "3 Moore Threads GPUs" in found["problem"]
    assert tree.run("-c", ASK_MEMORY).stdout == "111\n"


def test_a_backend_that_is_not_listed_is_noticed(tree: Tree) -> None:
    tree.write("dsl/llamafleet/backends/musa.py", STACK)
    assert "backend takes cuda, hip, vulkan, sycl or cpu" in check(tree)
    done = tree.pytest("tests/test_lists.py")
    assert done.returncode == 1
    assert "not in BACKENDS: llamafleet.backends.musa.MUSA" in done.stdout
