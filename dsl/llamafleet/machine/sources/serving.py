"""What serves models on a host already: units, containers, and who listens on which port."""

from __future__ import annotations

import re

from ..draft import Draft
from ..facts import Serving
from ..source import MISSING, Answer, Source, failure

PROGRAMS = re.compile(
    r"llama|ollama|vllm|lm-?studio|\blms\b|local-?ai\b|kobold|sglang|tabby|text-generation|gpustack"
    r"|lemonade|exllama|aphrodite|mlc[_-]llm|open-?webui|litellm|oobabooga|\btgi\b|ramalama",
    re.I,
)
"""Names of programs, units and images that serve models."""

PORTS = {
    1234: "LM Studio's port",
    5001: "KoboldCpp's port",
    8000: "vLLM's port",
    8080: "llama-server's and LocalAI's port",
    9292: "a usual port of llama-swap",
    9931: "llama-server's port since 2026",
    11434: "Ollama's port",
    30000: "SGLang's port",
}
"""Ports that servers of models take by default."""

# Never a command line: keys are given there. systemd shows only units that it has loaded, so that
# one which is installed and was never started is looked up among the files.
UNITS_COMMAND = rf"""
command -v systemctl >/dev/null || exit {MISSING}
managed='^# Managed by llamafleet'
systemctl show --type=service --all --property=Id,ActiveState,FragmentPath,Description '*' \
    2>/dev/null | while IFS= read -r line; do
    echo "$line"
    case $line in FragmentPath=?*) grep -m 1 "$managed" "${{line#*=}}" ;; esac
done
echo
systemctl list-unit-files --type=service --no-legend --plain 2>/dev/null |
    grep -iE '^[^ ]*({PROGRAMS.pattern})' | while read -r name state rest; do
    for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
        [ -f "$folder/$name" ] || continue
        grep -q "$managed" "$folder/$name" || echo "file $name $state $folder/$name"
        break
    done
done
true
"""
PORTS_COMMAND = f"""
command -v ss >/dev/null || exit {MISSING}
ss -H -l -t -n -p
"""
CONTAINERS_COMMAND = f"""
there=
for tool in docker podman; do
    command -v $tool >/dev/null || continue
    there=1
    $tool ps --format '{{{{.Names}}}}\t{{{{.Image}}}}\t{{{{.Ports}}}}' || exit 1
done
[ -n "$there" ] || exit {MISSING}
"""

_LISTENER = re.compile(r"LISTEN\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+(?:\s+users:\(\(\"([^\"]*)\")?")
_PORT = re.compile(r":(\d+)->")


def read_units(answer: Answer, draft: Draft) -> None:
    """Note units of other hands that serve models, running or not, if they are installed."""
    for block in answer.text.split("\n\n"):
        said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        name, path = said.get("Id", ""), said.get("FragmentPath", "")
        if not path or "# Managed by llamafleet" in block:
            continue
        if PROGRAMS.search(name) or PROGRAMS.search(said.get("Description", "")):
            state = said.get("ActiveState", "")
            draft.serve(Serving("unit", name, None, f"{state}, {path}"))
    loaded = {each.name for each in draft.serving if each.kind == "unit"}
    for line in answer.lines:
        kind, name, state, path = (*line.split(), "", "", "", "")[:4]
        if kind == "file" and path and name not in loaded:
            draft.serve(Serving("unit", name, None, f"{state}, not started, {path}"))
    _explain("units", answer, draft)


def read_containers(answer: Answer, draft: Draft) -> None:
    """Note running containers whose name or image is that of a server of models."""
    for line in answer.lines:
        name, image, ports = (*line.split("\t"), "", "", "")[:3]
        if image and (PROGRAMS.search(name) or PROGRAMS.search(image)):
            port = _PORT.search(ports)
            draft.serve(Serving("container", name, int(port[1]) if port else None, image))
    _explain("containers", answer, draft)


def read_ports(answer: Answer, draft: Draft) -> None:
    """Note listeners on the ports of servers of models, and such servers on other ports."""
    for found in filter(None, map(_LISTENER.match, answer.lines)):
        port, program = int(found[2]), found[3] or ""
        if port in PORTS or PROGRAMS.search(program):
            detail = f"{found[1]}, {PORTS[port]}" if port in PORTS else found[1]
            draft.serve(Serving("port", program or "a program without a name", port, detail))
    _explain("ports", answer, draft)


def _explain(part: str, answer: Answer, draft: Draft) -> None:
    """Say what could not be asked; a machine without the tool has nothing of it to tell."""
    reason = failure(answer)
    if reason and (answer.status != MISSING or part == "ports"):
        draft.not_known(part, reason)


UNITS = Source("units", UNITS_COMMAND, read_units)
CONTAINERS = Source("containers", CONTAINERS_COMMAND, read_containers)
LISTENERS = Source("ports", PORTS_COMMAND, read_ports)
