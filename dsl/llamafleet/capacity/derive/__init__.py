"""What a matrix leaves to be worked out: `sets = auto` and `evict-cost = auto`.

`needs` asks what models take and what their host has, `families` and `maximal` answer which of them
fit together, `expression` writes that down as one set, `load_cost` says what a load costs, and
`matrix` puts them into the service. What comes out is a matrix as if somebody had written it.
"""

from .fleet import derive

__all__ = ["derive"]
