"""The role for nginx: the distribution's package, if a service of the host needs it."""

from llamafleet_roles.nginx.tasks import nginx

__all__ = ["nginx"]
