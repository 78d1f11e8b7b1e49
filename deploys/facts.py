"""Put into fleet.lock what the headers of weights say that are only on hosts (`path`)."""

from llamafleet_roles.gguf_files.locked import facts_of_weights
from llamafleet_roles.host_plan import current_fleet

fleet, host_name = current_fleet()

facts_of_weights(fleet=fleet, host_name=host_name)
