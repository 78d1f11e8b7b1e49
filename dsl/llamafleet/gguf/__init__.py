"""What a GGUF file says of itself: its header, read from wherever its first bytes are."""

from .facts import FileFacts, GgufFacts, facts_of
from .header import Header, parse_header
from .local import read_facts
from .problem import GgufError, Incomplete
from .reading import Fetch, read_header
from .shards import shards
from .tensor import Tensor

__all__ = [
    "Fetch",
    "FileFacts",
    "GgufError",
    "GgufFacts",
    "Header",
    "Incomplete",
    "Tensor",
    "facts_of",
    "parse_header",
    "read_facts",
    "read_header",
    "shards",
]
