"""The role for files and units: validated, replaced atomically, restarted only if necessary."""

from llamafleet_roles.services.prove import prove, prove_if_asked
from llamafleet_roles.services.tasks import services

__all__ = ["prove", "prove_if_asked", "services"]
