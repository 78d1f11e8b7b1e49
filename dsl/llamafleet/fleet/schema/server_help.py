"""Reads `llama-server --help` into the rows of a table of flags.

Names, types, words and defaults come from the help itself. What it tells in prose only stands in
the tables below.
"""

from __future__ import annotations

import re
from typing import Any

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
NEGATIVE = re.compile(r"--?no-|-nkvo$|-nocb$|-nr$")

Record = dict[str, Any]


def read_help(text: str) -> list[Record]:
    """Return every flag that a help text tells of, in its order."""
    return [record(entry) for entry in entries(text)]


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
    """Return one flag as the table holds it."""
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
    """Split `-c, --ctx-size N` into two names and a value."""
    names: list[str] = []
    words = left.split()
    while words and words[0].startswith("-"):
        word = words.pop(0)
        names.append(word.rstrip(","))
        if not word.endswith(","):
            break
    return names, " ".join(words)


def canonical(names: list[str]) -> str:
    """Return the long name that the fleet language uses."""
    long = [name.removeprefix("--") for name in names if name.startswith("--")]
    return next((name for name in long if name in PREFERRED), (long or [names[0]])[0])


def type_of(key: str, value: str, prose: str, negative: list[str]) -> Record:
    """Return the type of the flag's value, as the tables name it."""
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
    """Return `integer`, `number` or `text`."""
    if value in ("P", "L", "SIMILARITY") or key in NUMBERS:
        return "number"
    if value in ("N", "INDEX", "SEED", "PORT", "SECONDS"):
        fraction = re.search(r"default: -?[0-9]+\.[0-9]", prose)
        return "number" if fraction else "integer"
    return "text"


def listed_words(value: str, prose: str) -> list[str]:
    """Return the words of `[on|off|auto]`, `{none,linear}` or `allowed values: f32, f16`."""
    if found := re.fullmatch(r"[\[{]([a-z0-9_|,-]+)[\]}]", value):
        return re.split(r"[|,]", found[1])
    if found := re.search(r"allowed values: ([a-z0-9_, ]+)", prose):
        return [word.strip() for word in found[1].split(",")]
    return []


def numeric_range(value: str) -> tuple[int, int] | None:
    """Return the limits of `<0|1>` and `<0...100>`."""
    found = re.fullmatch(r"<(-?[0-9]+)(?:\||\.\.\.)([0-9]+)>", value)
    return (int(found[1]), int(found[2])) if found else None


def default_of(prose: str, found: Record) -> object:
    """Return the default that the help names, where it is a value and not a remark."""
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
