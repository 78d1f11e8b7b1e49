"""Files and units of a host: put atomically, validated first, restarted only where needed."""

from llamafleet_roles.services.prove import prove, prove_if_asked
from llamafleet_roles.services.tasks import services

__all__ = ["prove", "prove_if_asked", "services"]
