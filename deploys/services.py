"""Only configuration and units: the quick way for a changed fleet file."""

from llamafleet_roles.host_plan import current_plan
from llamafleet_roles.services import prove_if_asked, services

plan = current_plan()

services(plan=plan)
prove_if_asked(plan=plan)
