"""Load each model on its host, and keep in fleet.lock what it took and how quick it was."""

from roles.calibrate import calibrate
from roles.host_plan import current_fleet

fleet, host_name = current_fleet()

calibrate(fleet=fleet, host_name=host_name)
