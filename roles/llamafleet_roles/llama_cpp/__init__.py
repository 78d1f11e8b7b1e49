"""The role for llama.cpp: compiled once per set of inputs, switched atomically."""

from llamafleet_roles.llama_cpp.tasks import llama_cpp

__all__ = ["llama_cpp"]
