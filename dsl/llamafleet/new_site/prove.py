"""Start each model of the fleet once through its service, and say which cannot start and why."""

from llamafleet_roles.site import prove

prove()
