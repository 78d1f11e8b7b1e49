"""nginx from the distribution, where a service of the host needs it."""

from llamafleet_roles.nginx.tasks import nginx

__all__ = ["nginx"]
