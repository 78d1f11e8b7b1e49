"""The hosts of the fleet file beside this one: pyinfra takes every list here as a group."""

from pathlib import Path

from llamafleet import load
from llamafleet.inventory import pyinfra_groups

globals().update(pyinfra_groups(load(str(Path(__file__).with_name("fleet.fleet")))))
