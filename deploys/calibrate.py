"""Load each model on its host, and keep in fleet.lock what it took and how quick it was."""

from llamafleet_roles.calibrate import calibrate
from llamafleet_roles.host_plan import current_fleet, current_plan

fleet, _ = current_fleet()
plan = current_plan()

calibrate(fleet=fleet, plan=plan)
