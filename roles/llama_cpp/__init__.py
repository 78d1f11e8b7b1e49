"""llama.cpp from source: compiled once per set of inputs, switched atomically."""

from roles.llama_cpp.tasks import llama_cpp

__all__ = ["llama_cpp"]
