"""Print what a fleet file says of each host: its cards, memory, disk, and what serves already."""

from llamafleet_roles.site import discover

discover()
