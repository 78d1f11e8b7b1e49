"""Put into fleet.lock what the headers of weights say that are only on hosts (`path`)."""

from llamafleet_roles.site import facts

facts()
