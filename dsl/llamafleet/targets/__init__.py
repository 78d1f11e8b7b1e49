"""Kinds of services, one file each, and what they compile to."""

from . import llama_server, llama_swap, nginx
from .target import AnyTarget, Endpoints, Target

TARGETS: tuple[AnyTarget, ...] = (llama_server.TARGET, llama_swap.TARGET, nginx.TARGET)
"""In start order: those that run models first, those that pass requests on last."""

__all__ = ["TARGETS", "AnyTarget", "Endpoints", "Target"]
