"""No GPU at all."""

from .backend import Backend

CPU = Backend(name="cpu", vendors=())
