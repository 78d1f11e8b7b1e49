"""The role for llama-swap: the pinned release, or a binary that the user provides."""

from llamafleet_roles.llama_swap.tasks import llama_swap

__all__ = ["llama_swap"]
