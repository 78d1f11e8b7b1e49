"""Start each model of the fleet once through its service, and say which cannot start and why."""

from llamafleet_roles.host_plan import current_fleet, current_plan
from llamafleet_roles.services import prove

fleet, _ = current_fleet()
plan = current_plan()

prove(fleet=fleet, plan=plan)
