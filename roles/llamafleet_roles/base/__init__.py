"""The role for every host: check its GPUs, create service users and folders."""

from llamafleet_roles.base.tasks import base

__all__ = ["base"]
