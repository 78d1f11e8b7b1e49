"""Weights: a path that must exist, or a file of a Hugging Face repository, verified."""

from llamafleet_roles.gguf_files.tasks import gguf_files

__all__ = ["gguf_files"]
