"""The memory model: bytes of a llama-server on each device, from a GGUF's header and its flags.

`hparams` are what the header says of the model, `cparams` how flags cut the context. `engine` is
llama.cpp and ggml: placement, caches, compute graphs. `estimate` puts the terms together; it
brings all graphs along, and is imported by itself where there is a header to compute with.
"""

from .command_line import read_flags
from .devices import Device, devices_of
from .flags import Flags
from .terms import Estimate, Term

__all__ = ["Device", "Estimate", "Flags", "Term", "devices_of", "read_flags"]
