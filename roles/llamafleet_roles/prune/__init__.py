"""The role that removes builds, releases and work folders that nothing refers to."""

from llamafleet_roles.prune.tasks import prune

__all__ = ["prune"]
