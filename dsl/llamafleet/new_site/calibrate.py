"""Load each model on its host, and keep in fleet.lock what it took and how quick it was."""

from llamafleet_roles.site import calibrate

calibrate()
