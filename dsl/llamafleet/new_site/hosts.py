"""The hosts of fleet.fleet, as pyinfra's inventory."""

from llamafleet_roles.site import hosts

globals().update(hosts(__file__))
