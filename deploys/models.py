"""Only weights: fetch and verify what the plan names."""

from roles.base import base
from roles.gguf_files import gguf_files
from roles.host_plan import current_plan

plan = current_plan()

base(plan=plan)
gguf_files(plan=plan)
