"""Read `llama-server --help` and write the table of flags that the fleet language offers.

    python tools/llama_server_flags.py SERVER [-o dsl/llamafleet/fleet/schema/flags/b9093.json]
    python tools/llama_server_flags.py SERVER --check     # exit 1 where the table is out of date
    python tools/llama_server_flags.py SERVER --try       # give every flag to the binary, too

`llamafleet.fleet.schema.server_help` reads the help. Each flag's sentence stands in
`llama_server_help.txt`, and a flag without one is an error, so a new release of llama.cpp shows by
itself what is new. Tables of several builds stand side by side, and share their sentences.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from llamafleet.fleet.schema.server_help import Record, read_help

HERE = Path(__file__).parent
TABLE = HERE.parent / "dsl/llamafleet/fleet/schema/flags/b11434.json"
SENTENCES = HERE / "llama_server_help.txt"

NO_SENTENCE = {
    "help", "version", "cache-list", "completion-bash", "list-devices", "model", "model-url",
    "docker-repo", "hf-repo", "hf-file", "hf-token", "spec-draft-hf", "spec-draft-model",
    "mmproj", "alias", "tags", "host", "port", "license", "hf-repo-v", "hf-file-v", "model-vocoder",
}  # fmt: skip


def main() -> int:
    """Write, check or try the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("server", help="a llama-server binary")
    parser.add_argument("-o", "--output", type=Path, default=TABLE)
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--try", dest="probe", action="store_true", help="try every flag")
    options = parser.parse_args()
    records = read_help(help_text(options.server))
    complaints = add_sentences(records)
    text = "[\n" + ",\n".join(json.dumps(each) for each in records) + "\n]\n"
    if options.probe:
        complaints += probe(options.server, records)
    if options.check and options.output.read_text(encoding="utf-8") != text:
        complaints.append(f"{options.output} is out of date")
    for each in complaints:
        print(each, file=sys.stderr)
    if not options.check:
        options.output.write_text(text, encoding="utf-8")
        print(f"{len(records)} flags in {options.output}")
    return 1 if complaints else 0


def help_text(server: str) -> str:
    """Return the help text of the binary."""
    command = [server, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def add_sentences(records: list[Record]) -> list[str]:
    """Give every flag its sentence; say which have none and which sentences have no flag."""
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    told = dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    complaints = []
    for each in records:
        sentence = told.pop(each["key"], "")
        if sentence.startswith("~ "):
            base = next(other for other in records if other["key"] == sentence[2:])
            sentence = f"For the draft model: {base['help'][0].lower()}{base['help'][1:]}"
        each["help"] = sentence
        silent = each["key"] in NO_SENTENCE or each.get("removed") or each["key"].endswith(PRESETS)
        if not sentence and not silent:
            complaints.append(f"{each['key']} has no sentence in {SENTENCES.name}")
    elsewhere = {
        row["key"]
        for path in TABLE.parent.glob("*.json")
        for row in json.loads(path.read_text(encoding="utf-8"))
    }
    return complaints + [f"no flag is called {key}" for key in told if key not in elsewhere]


PRESETS = ("-default", "-spec")
FILES = {"grammar-file", "json-schema-file", "ui-config-file", "api-key-file", "chat-template-file"}
SAMPLES = {
    "device": "none", "spec-draft-device": "none", "mmproj-device": "none", "cpu-mask": "ff",
    "cpu-mask-batch": "ff", "spec-draft-cpu-mask": "ff", "spec-draft-cpu-mask-batch": "ff",
    "cpu-range": "0-1", "cpu-range-batch": "0-1", "spec-draft-cpu-range": "0-1",
    "override-tensor": "x=CPU", "spec-draft-override-tensor": "x=CPU", "lora-scaled": "a:1",
    "override-kv": "a.b=int:1", "control-vector-scaled": "a:1", "logit-bias": "1+1",
    "json-schema": "{}", "chat-template-kwargs": "{}", "ui-config": "{}", "samplers": "top_k",
    "slot-save-path": "/tmp", "media-path": "/tmp", "log-prompts-dir": "/tmp",
    "sampler-seq": "k", "spec-synth-rates": "0.5",
}  # fmt: skip
UNTRIED = {"help", "completion-bash", "rpc", "hf-token"}


def probe(server: str, records: list[Record]) -> list[str]:
    """`llama-server FLAG VALUE --version` reads its whole command line and exits with 0."""
    complaints = []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as sample:
        sample.write("{}\n")
        sample.flush()
        for each in records:
            if each["key"] in UNTRIED:
                continue
            values = sample_values(each, sample.name)
            for name in each["names"] + each.get("no", []):
                command = [server, name, *values, "--version"]
                status = subprocess.run(command, capture_output=True, timeout=20).returncode
                if (status == 0) == bool(each.get("removed")):
                    complaints.append(f"{name} {' '.join(values)}: exit status {status}")
    return complaints


def sample_values(flag: Record, path: str) -> list[str]:
    """Values that the flag's own parser accepts."""
    if flag["type"] in ("switch", "flag"):
        return []
    if flag["type"] == "pair":
        return ["x", "y"] if flag.get("of") == "text" else ["1", "2"]
    if flag["key"] in FILES:
        return [path]
    if flag["type"] in ("integer", "number") or flag.get("of") == "number":
        return [str(flag.get("high", 1))]
    return [SAMPLES.get(flag["key"]) or flag.get("words", ["x"])[-1]]


if __name__ == "__main__":
    sys.exit(main())
