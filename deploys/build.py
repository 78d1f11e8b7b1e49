"""Only llama.cpp: compile or fetch what the plan names, and switch to it."""

from llamafleet_roles.site import build

build()
