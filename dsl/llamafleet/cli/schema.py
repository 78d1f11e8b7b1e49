"""`llamafleet schema`: the JSON Schemas of what other commands print as JSON."""

from __future__ import annotations

import sys

from ..diagnostics.suggest import suggest
from ..schemas import names, schema_text
from ..schemas import schema as read_schema
from .terminal import say

USAGE = 2


def schema(name: str | None) -> int:
    """Print one schema, or list all with their versions; 2 if there is none of that name."""
    known = names()
    if name is None:
        width = max(map(len, known))
        for each in known:
            found = read_schema(each)
            version = found["$id"].rpartition(":")[2]
            print(f"{each:<{width}}  {version}  {found['title']}")
        return 0
    if name not in known:
        meant = suggest(name, known)
        hint = f', did you mean "{meant}"?' if meant else f"; the schemas are {', '.join(known)}"
        say(f'no schema is named "{name}"{hint}')
        return USAGE
    sys.stdout.write(schema_text(name))
    return 0
