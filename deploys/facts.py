"""Put into fleet.lock what only hosts know: headers of weights (`path`), discovered models."""

from llamafleet_roles.site import facts

facts()
