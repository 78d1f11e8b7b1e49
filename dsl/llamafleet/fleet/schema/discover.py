"""The `discover` block: a folder of a host whose GGUF files become models by themselves."""

from __future__ import annotations

from .block import BlockSchema, Key
from .values import ListOf, Text

DEFAULT_INCLUDE = ("*.gguf",)

DISCOVER = BlockSchema(
    kind="discover",
    help="A folder of the host, in quotes. Each GGUF file below it becomes a model with the "
    "defaults; `deploys/facts.py` puts the files into fleet.lock.",
    keys=(
        Key(
            "include",
            ListOf(Text()),
            "Patterns of files to take. One with a / is for the path below the folder, another for "
            "the file's name; * stands for anything.",
            default=DEFAULT_INCLUDE,
        ),
        Key("exclude", ListOf(Text()), "Patterns of files to leave out, written likewise."),
    ),
    free_label=True,
)
