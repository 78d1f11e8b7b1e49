"""Only configuration and units: the quick way for a changed fleet file."""

from roles.host_plan import current_plan
from roles.services import services

plan = current_plan()

services(plan=plan)
