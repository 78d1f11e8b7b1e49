"""Only llama.cpp: compile or fetch what the plan names, and switch to it."""

from llamafleet_roles.base import base
from llamafleet_roles.host_plan import current_fleet, current_plan
from llamafleet_roles.llama_cpp import llama_cpp

fleet, _ = current_fleet()
plan = current_plan()

base(plan=plan)
llama_cpp(plan=plan, fleet=fleet)
