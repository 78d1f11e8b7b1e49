"""Paths on a host, and the Unix user that owns what runs."""

from __future__ import annotations

PREFIX = "/opt/llamafleet"
STATE = "/var/lib/llamafleet"
CONFIG = "/etc/llamafleet"
USER = "llamafleet"
