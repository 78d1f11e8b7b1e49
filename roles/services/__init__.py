"""Files and units of a host: put atomically, validated first, restarted only where needed."""

from roles.services.tasks import services

__all__ = ["services"]
