"""Everything a host needs, in order: what it runs, what it loads, then the services themselves."""

from roles.base import base
from roles.gguf_files import gguf_files
from roles.host_plan import current_fleet, current_plan
from roles.llama_cpp import llama_cpp
from roles.llama_swap import llama_swap
from roles.nginx import nginx
from roles.services import prove_if_asked, services

fleet, _ = current_fleet()
plan = current_plan()

base(plan=plan)
llama_cpp(plan=plan, fleet=fleet)
gguf_files(plan=plan)
llama_swap(plan=plan)
nginx(plan=plan)
services(plan=plan)
prove_if_asked(plan=plan)
