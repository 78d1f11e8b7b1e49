"""Explanations as JSON, described by schemas/explain.schema.json."""

from __future__ import annotations

import json
from typing import Any

from .diagnostics.codes import Code
from .explain import (
    KeyMeaning,
    Meaning,
    RefusedKey,
    additions_to,
    default_of,
    flag_of,
    meanings,
    own_keys,
    server_default,
)
from .fleet.schema.block import BlockSchema

VERSION = 1


def as_json(word: str) -> str:
    """Explain a word as JSON, indented; raises UnknownWordError as `meanings` does."""
    found = [_tree(each) for each in meanings(word)]
    return json.dumps({"version": VERSION, "word": word, "meanings": found}, indent=2)


def _tree(meaning: Meaning) -> dict[str, Any]:
    match meaning:
        case BlockSchema():
            return _block(meaning)
        case KeyMeaning():
            return _key(meaning)
        case RefusedKey():
            return {"kind": "refused-key", "name": meaning.name, "help": meaning.reason}
        case Code():
            return {
                "kind": "code",
                "name": meaning.name,
                "help": meaning.meaning,
                "severity": meaning.severity.value,
            }


def _block(schema: BlockSchema) -> dict[str, Any]:
    own = own_keys(schema)
    return {
        "kind": "block",
        "name": schema.kind,
        "help": schema.help,
        "labelled": schema.labelled,
        "keys": [
            {
                "name": key.name,
                "help": key.help,
                "required": key.required,
                "type": key.type.expected,
            }
            for key in own
        ],
        "blocks": [inner.kind for inner in schema.blocks],
        "server_flags": len(own) < len(schema.keys),
    }


def _key(meaning: KeyMeaning) -> dict[str, Any]:
    key, flag = meaning.key, flag_of(meaning.key)
    return {
        "kind": "key",
        "name": key.name,
        "help": key.help,
        "blocks": list(meaning.kinds),
        "type": key.type.expected,
        "required": key.required,
        "default": default_of(key) or None,
        "upstream": (key.upstream or None) if not flag else None,
        "since": key.since if key.upstream and not flag and key.since > 1 else None,
        "flag": flag
        and {
            "names": list(flag.names),
            "negative": flag.off or None,
            "default": server_default(flag) or None,
            "added": list(additions_to(flag)),
        },
    }
