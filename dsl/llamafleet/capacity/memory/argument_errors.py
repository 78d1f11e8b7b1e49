"""Arguments that llama-server stops at, or reads as something that nobody means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...fleet.server_argv import Option
from .flags import SLOTS

DEVICES = 16
"""The most devices of a server, and so numbers in a split."""
LARGEST = 2**31 - 1

RANGES = {
    "ctx-size": (0, LARGEST), "n-cpu-moe": (0, LARGEST), "n-cpu-ffn": (0, LARGEST),
    "spec-draft-n-cpu-moe": (0, LARGEST), "spec-draft-n-max": (0, LARGEST),
    "spec-ngram-simple-size-m": (1, 1024), "spec-ngram-map-k-size-m": (1, 1024),
    "spec-ngram-map-k4v-size-m": (1, 1024), "parallel": (-LARGEST, SLOTS),
}  # fmt: skip
"""From what to what the server takes a number; others are 32 bits."""
NOT_ZERO = frozenset({"parallel", "batch-size"})

ON = frozenset({"on", "enabled", "true", "1"})
OFF = frozenset({"off", "disabled", "false", "0"})
SPECULATION = frozenset({
    "none", "draft-simple", "draft-eagle3", "draft-mtp", "draft-dflash", "draft-dspark",
    "ngram-simple", "ngram-map-k", "ngram-map-k4v", "ngram-mod", "ngram-cache",
})  # fmt: skip
METADATA = re.compile(r"([^=]+)=(int|float|bool|str):(.*)", re.DOTALL)


def argument_error(option: Option) -> str | None:
    """Return why the server would stop at an argument or misread it; None if it would not."""
    if option.form is None or not option.values:
        return None
    said, flag = option.values[0], option.texts[0]
    match option.form.type:
        case "integer":
            return _not_a_number(option.key, flag, said, option.form.words)
        case "choice" if said not in option.form.words and not (
            "off" in option.form.words and said in ON | OFF
        ):
            words = ", ".join(option.form.words)
            return f'{flag} does not know "{said}": it takes {words}'
    return _not_a_list(option.key, flag, said)


def _not_a_number(key: str, flag: str, said: str, words: Sequence[str]) -> str | None:
    if said in words:
        return None
    if not re.fullmatch(r"[+-]?\d+", said) or not -LARGEST <= int(said[:20]) <= LARGEST:
        return f'{flag} takes a whole number, not "{said}"'
    least, most = RANGES.get(key, (-LARGEST, LARGEST))
    number = int(said)
    if not least <= number <= most or (number == 0 and key in NOT_ZERO):
        reach = f"from {least}" if number < least else f"up to {most}" if number > most else "not 0"
        return f"{flag} {said}: llama-server stops; it takes numbers {reach}"
    return None


def _not_a_list(key: str, flag: str, said: str) -> str | None:
    parts = said.split(",")
    match key:
        case "tensor-split":
            shares = said.replace("/", ",").split(",")
            if len(shares) > DEVICES:
                return f"{flag} has {len(shares)} shares: llama-server takes up to {DEVICES}"
            wrong = [each for each in shares if not re.fullmatch(r"(\d+(\.\d*)?|\.\d+)?", each)]
            return f'{flag} takes shares such as 3,1, not "{wrong[0]}"' if wrong else None
        case "override-tensor" | "spec-draft-override-tensor":
            wrong = [each for each in parts if "=" not in each]
            return f'{flag} takes PATTERN=DEVICE, not "{wrong[0]}"' if wrong else None
        case "spec-type":
            wrong = [each for each in parts if each not in SPECULATION]
            known = ", ".join(sorted(SPECULATION))
            return f'{flag} does not know "{wrong[0]}": it takes {known}' if wrong else None
        case "override-kv":
            wrong = [each for each in parts if not _is_metadata(each)]
            return f'{flag} takes KEY=TYPE:VALUE, not "{wrong[0]}"' if wrong else None
    return None


def _is_metadata(text: str) -> bool:
    match = METADATA.fullmatch(text)
    if match is None:
        return False
    patterns = {"int": r"[+-]?\d{1,18}", "float": r"[+-]?\d*\.?\d+", "bool": "true|false"}
    return bool(re.fullmatch(patterns.get(match[2], ".*"), match[3], re.DOTALL))
