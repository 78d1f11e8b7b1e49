"""Read `llama-server --help` and write the table of flags that the fleet language offers.

    python tools/llama_server_flags.py SERVER [-o dsl/llamafleet/schema/flags/b9093.json]
    python tools/llama_server_flags.py SERVER --check     # exit 1 where the table is out of date
    python tools/llama_server_flags.py SERVER --try       # give every flag to the binary, too

Names, types, words and defaults come from the binary. What its help tells in prose only stands in
the tables below, and each flag's sentence in `llama_server_help.txt`. A flag without one is an
error, so a new release of llama.cpp shows by itself what is new. Tables of several builds stand
side by side, and share their sentences.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE.parent / "dsl/llamafleet/schema/flags/b11434.json"
SENTENCES = HERE / "llama_server_help.txt"

# Their help shows a whole number, or none, but they take fractions.
NUMBERS = {
    "defrag-thold", "rope-freq-base", "rope-freq-scale", "rope-scale", "spec-synth-len",
}  # fmt: skip
WORDS = {
    "split-mode": ["none", "layer", "row", "tensor"],
    "load-mode": ["auto", "none", "mmap", "mlock", "mmap+mlock", "dio"],
    "lazy-mode": ["on", "auto", "off"],
    "numa": ["distribute", "isolate", "numactl"],
    "reasoning-format": ["none", "auto", "deepseek", "deepseek-legacy"],
    "n-gpu-layers": ["auto", "all"],
    "spec-draft-ngl": ["auto", "all"],
}
RANGES = {
    "prio": (-1, 3), "prio-batch": (0, 3), "spec-draft-prio": (0, 3),
    "spec-draft-prio-batch": (0, 3), "mirostat": (0, 2), "verbosity": (0, 5),
}  # fmt: skip
# They take "none" besides what else they take.
NONE = {"device", "spec-draft-device", "dry-sequence-breaker"}
# Lists of numbers; the other comma lists hold text.
NUMBER_LISTS = {"tensor-split", "fit-target", "spec-synth-rates"}
TEXT_PAIRS = {"spec-draft-replace"}
# One occurrence an item: their items may hold commas, or replace nothing.
REPEATED = {
    "dry-sequence-breaker", "reverse-prompt", "logit-bias", "chat-template-kwargs",
    "api-key-file",
}  # fmt: skip
COMMA_LISTS = {"device", "spec-draft-device", "lora", "control-vector", "cors-origins", "alias"}
DEFAULTS = {
    "perf": True, "split-mode": "layer", "mmproj-auto": True, "kv-unified": None,
    "prefill-assistant": True, "log-prefix": True, "log-timestamps": True, "spec-type": "none",
}  # fmt: skip
# The help names a flag's older spelling first.
PREFERRED = {"n-gpu-layers"}
NO_SENTENCE = {
    "help", "version", "cache-list", "completion-bash", "list-devices", "model", "model-url",
    "docker-repo", "hf-repo", "hf-file", "hf-token", "spec-draft-hf", "spec-draft-model",
    "mmproj", "alias", "tags", "host", "port", "license", "hf-repo-v", "hf-file-v", "model-vocoder",
}  # fmt: skip

NEGATIVE = re.compile(r"--?no-|-nkvo$|-nocb$|-nr$")

Record = dict[str, Any]


def main() -> int:
    """Write, check or try the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("server", help="a llama-server binary")
    parser.add_argument("-o", "--output", type=Path, default=TABLE)
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--try", dest="probe", action="store_true", help="try every flag")
    options = parser.parse_args()
    records = [record(entry) for entry in entries(help_text(options.server))]
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
    """What the binary says of itself."""
    command = [server, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def entries(text: str) -> list[tuple[str, str]]:
    """Pairs of what stands left (names and value) and right (prose) in the help."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("-") and not line.startswith("---"):
            split = len(line) > 40 and line[38:40] == "  "
            left, right = (line[:40], line[40:]) if split else (line, "")
            if not split and (inline := re.search(r" {2,}(?=\S)", line[7:])) and len(line) > 40:
                left, right = line[: 7 + inline.start()], line[7 + inline.end() :]
            found.append((left.strip(), [right]))
        elif found and line.strip() and not line.startswith("-----"):
            found[-1][1].append(line.strip())
    return [(left, "\n".join(right)) for left, right in found]


def record(entry: tuple[str, str]) -> Record:
    """One flag as the table holds it."""
    left, prose = entry
    names, value = split_names(left)
    negative = [] if value else [name for name in names if NEGATIVE.match(name)]
    positive = [name for name in names if name not in negative]
    if not positive:
        positive, negative = negative, []
    key = canonical(positive)
    found: Record = {"key": key, "names": positive}
    if negative:
        found["no"] = negative
    if "argument has been removed" in prose or "has been removed" in prose:
        found["removed"] = True
    found |= type_of(key, value, prose, negative)
    if key in NONE:
        found["none"] = True
    default = DEFAULTS[key] if key in DEFAULTS else default_of(prose, found)
    if default is not None:
        found["default"] = default
    return found


def split_names(left: str) -> tuple[list[str], str]:
    """`-c, --ctx-size N` is two names and a value."""
    names: list[str] = []
    words = left.split()
    while words and words[0].startswith("-"):
        word = words.pop(0)
        names.append(word.rstrip(","))
        if not word.endswith(","):
            break
    return names, " ".join(words)


def canonical(names: list[str]) -> str:
    """The long name that the fleet language uses."""
    long = [name.removeprefix("--") for name in names if name.startswith("--")]
    return next((name for name in long if name in PREFERRED), (long or [names[0]])[0])


def type_of(key: str, value: str, prose: str, negative: list[str]) -> Record:
    """What the flag takes."""
    words = WORDS.get(key) or listed_words(value, prose)
    if not value:
        return {"type": "switch" if negative else "flag"}
    if key == "spec-type":
        return {"type": "list", "words": re.split(r"[,|]", value.strip("[]"))}
    if key in ("n-gpu-layers", "spec-draft-ngl"):
        return {"type": "integer", "words": words}
    if limits := RANGES.get(key) or numeric_range(value):
        return {"type": "integer", "low": limits[0], "high": limits[1]}
    if words:
        return {"type": "choice", "words": words}
    if re.fullmatch(r"[A-Z]+ [A-Z]+", value):
        return {"type": "pair", "of": "text"} if key in TEXT_PAIRS else {"type": "pair"}
    if key in REPEATED:
        return {"type": "repeated"}
    if key in NUMBER_LISTS:
        return {"type": "list", "of": "number"}
    if key in COMMA_LISTS or "," in value or "comma-separated" in prose:
        return {"type": "list"}
    return {"type": scalar(key, value, prose)}


def scalar(key: str, value: str, prose: str) -> str:
    """`integer`, `number` or `text`."""
    if value in ("P", "L", "SIMILARITY") or key in NUMBERS:
        return "number"
    if value in ("N", "INDEX", "SEED", "PORT", "SECONDS"):
        fraction = re.search(r"default: -?[0-9]+\.[0-9]", prose)
        return "number" if fraction else "integer"
    return "text"


def listed_words(value: str, prose: str) -> list[str]:
    """The words of `[on|off|auto]`, `{none,linear}` or `allowed values: f32, f16`."""
    if found := re.fullmatch(r"[\[{]([a-z0-9_|,-]+)[\]}]", value):
        return re.split(r"[|,]", found[1])
    if found := re.search(r"allowed values: ([a-z0-9_, ]+)", prose):
        return [word.strip() for word in found[1].split(",")]
    return []


def numeric_range(value: str) -> tuple[int, int] | None:
    """The limits of `<0|1>` and `<0...100>`."""
    found = re.fullmatch(r"<(-?[0-9]+)(?:\||\.\.\.)([0-9]+)>", value)
    return (int(found[1]), int(found[2])) if found else None


def default_of(prose: str, found: Record) -> object:
    """The default that the help names, where it is a value and not a remark."""
    plain = re.sub(r"\(env: [^)]*\)", "", prose.replace("\n", " "))
    told = re.search(r"default: ?['\"]?([^'\"),;]+)", plain)
    if told is None:
        return None
    text = told[1].strip().split(" = ")[0]
    if found["type"] in ("switch", "flag"):
        return text in ("enabled", "true")
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) and found["type"] in ("integer", "number"):
        return float(text) if "." in text else int(text)
    return text if text in found.get("words", ()) else None


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
