"""What every host has: a check of its GPUs, service users, folders."""

from llamafleet_roles.base.tasks import base

__all__ = ["base"]
