"""Footprints of a fleet's models on each host: the memory model applied to a fleet.

`process` is one process of a model, `combinations` are those that may be there at a time, `host` is
the room of a host, `footprints` puts them together and computes nothing twice.
"""

from .footprints import Footprints
from .model import Combination, Footprint, Part

__all__ = ["Combination", "Footprint", "Footprints", "Part"]
