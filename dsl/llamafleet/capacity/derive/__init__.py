"""`sets = auto` and `evict-cost = auto`: a matrix that is left to be derived.

`placement_problem` collects what models take and what their host has, `components` and `maximal`
find which of them fit together, `expression` writes that down as one set, `load_cost` estimates
the cost of a load, and `matrix` puts them into the service. The result is a matrix as if somebody
had written it.
"""

from .fleet import derive

__all__ = ["derive"]
