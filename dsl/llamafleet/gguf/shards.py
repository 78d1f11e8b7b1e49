"""Models in several files: `NAME-00001-of-00003.gguf` and the others."""

from __future__ import annotations

import re

_SHARD = re.compile(r"(?P<stem>.*)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf")


def shards(path: str) -> tuple[str, ...]:
    """Return every shard of a model in order, by the name of one; a single file is alone."""
    found = _SHARD.fullmatch(path)
    if found is None or not 0 < int(found["number"]) <= int(found["count"]):
        return (path,)
    count = found["count"]
    return tuple(
        f"{found['stem']}-{number:05}-of-{count}.gguf" for number in range(1, int(count) + 1)
    )
