"""One table per block kind: it drives checking, suggestions, explanation and documentation.

`read_block` turns a syntax `Block` into `Fields` and reports unknown keys, wrong types, missing and
repeated keys. A key with a bad value is dropped, so that the rest of the block is still checked.
"""

from .fields import Fields
from .read import read_block
from .table import BlockSchema, Form, Key

__all__ = ["BlockSchema", "Fields", "Form", "Key", "read_block"]
