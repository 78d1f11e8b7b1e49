"""Measured values: each model loaded on its host, and what it takes written into the lock."""

from llamafleet_roles.calibrate.tasks import calibrate

__all__ = ["calibrate"]
