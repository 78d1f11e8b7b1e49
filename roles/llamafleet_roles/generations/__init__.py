"""The role that takes a host back to a state that it had: build, configuration and weights."""

from llamafleet_roles.generations.tasks import rollback

__all__ = ["rollback"]
