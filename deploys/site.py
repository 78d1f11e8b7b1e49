"""Everything a host needs, in order: what it runs, what it loads, then the services themselves."""

from llamafleet_roles.base import base
from llamafleet_roles.gguf_files import gguf_files
from llamafleet_roles.host_plan import current_fleet, current_plan
from llamafleet_roles.llama_cpp import llama_cpp
from llamafleet_roles.llama_swap import llama_swap
from llamafleet_roles.nginx import nginx
from llamafleet_roles.services import prove_if_asked, services

fleet, _ = current_fleet()
plan = current_plan()

base(plan=plan)
llama_cpp(plan=plan, fleet=fleet)
gguf_files(plan=plan)
llama_swap(plan=plan)
nginx(plan=plan)
services(plan=plan)
prove_if_asked(plan=plan)
