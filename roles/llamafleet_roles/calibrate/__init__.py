"""The role that loads each model on its host and writes what it takes into the lock."""

from llamafleet_roles.calibrate.tasks import calibrate

__all__ = ["calibrate"]
