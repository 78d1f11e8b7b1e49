"""The role that looks at a host and writes what a fleet file would say of it."""

from llamafleet_roles.discover.tasks import discover

__all__ = ["discover"]
