"""A short fingerprint of a model's compiled configuration.

A running server shows it over its API, which is how a verifier can tell what configuration is live:
comments, the order of blocks and the place of the fleet file do not change it. The SHA-256 of
weights is part of it as far as the fleet file or its lock knows it, so other bytes at the same path
are another configuration, and restart what serves them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ...fleet.model import Fleet, Gguf, Model

LENGTH = 16
PREFIX = "llamafleet:"
BUILD_PREFIX = "llama.cpp:"
"""What a llama-server's tags begin with: the digest, and the release that its build is."""


def digest(configuration: Mapping[str, object], weights: Mapping[str, tuple[str, ...]]) -> str:
    """Return the fingerprint of plain data and of weights.

    Plain data are texts, numbers, switches, tuples and mappings of them. Weights that are not known
    by their SHA-256 leave the fingerprint as it is without them.
    """
    known = {"weights": weights} if weights else {}
    text = json.dumps({**configuration, **known}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def weights_of(model: Model, fleet: Fleet) -> Mapping[str, tuple[str, ...]]:
    """Return the SHA-256 of each file of a model's weights, by the key that names them.

    A key is left out where not all of its files are known by their SHA-256.
    """
    named = {"gguf": model.gguf, "mmproj": model.mmproj, "draft": model.draft}
    found = {key: _hashes(fleet.ggufs[name]) for key, name in named.items() if name}
    return {key: hashes for key, hashes in found.items() if hashes}


def _hashes(gguf: Gguf) -> tuple[str, ...]:
    hashes = tuple(each.sha256 for each in gguf.files) or (gguf.sha256,)
    known = tuple(each for each in hashes if each)
    return known if len(known) == len(hashes) else ()
