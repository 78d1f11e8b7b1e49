"""Limits of header values, so that no estimate is computed from numbers no model has."""

from __future__ import annotations

from ...gguf import GgufFacts

LARGEST = 1 << 31
MOST_EXPERTS = 1024
"""LLAMA_MAX_EXPERTS."""


def header_error(facts: GgufFacts) -> str | None:
    """Return a sentence for a value that no model has, None where all are possible."""
    for key, value in facts.metadata.items():
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, str) and not -LARGEST < number < LARGEST:
                return f"its header says {key} = {number}: no model has that"
    count = facts.integer("expert_count") or 0
    used = facts.integer("expert_used_count") or 0
    if count > MOST_EXPERTS or used > max(count, 1):
        return f"its header says {used} of {count} experts: llama.cpp takes up to {MOST_EXPERTS}"
    return None
