"""Only configuration and units: the quick way for a changed fleet file."""

from llamafleet_roles.site import services

services()
