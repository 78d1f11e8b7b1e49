"""A short fingerprint of a model's compiled configuration.

A running server shows it over its API, which is how a verifier can tell what configuration is live:
comments, the order of blocks and the place of the fleet file do not change it.
"""

from __future__ import annotations

import hashlib
import json

LENGTH = 16
PREFIX = "llamafleet:"


def digest(configuration: object) -> str:
    """The fingerprint of plain data: texts, numbers, switches, tuples and mappings of them."""
    text = json.dumps(configuration, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]
