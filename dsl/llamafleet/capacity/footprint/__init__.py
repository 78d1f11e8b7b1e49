"""What the models of a fleet take on each host: the memory model, held against a fleet.

`process` is one process of a model, `combinations` are those that may be there at a time, `host` is
what a host has room for, `footprints` puts them together and computes nothing twice.
"""

from .footprints import Footprints
from .model import Combination, Footprint, Part

__all__ = ["Combination", "Footprint", "Footprints", "Part"]
