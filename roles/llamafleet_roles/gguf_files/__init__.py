"""The role for weights: a path that must exist, or a verified file of a Hugging Face repository."""

from llamafleet_roles.gguf_files.tasks import gguf_files

__all__ = ["gguf_files"]
