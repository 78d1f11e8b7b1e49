"""Only weights: fetch and verify what the plan names."""

from llamafleet_roles.base import base
from llamafleet_roles.gguf_files import gguf_files
from llamafleet_roles.host_plan import current_plan

plan = current_plan()

base(plan=plan)
gguf_files(plan=plan)
