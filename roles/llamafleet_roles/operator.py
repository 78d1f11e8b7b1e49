"""The person who runs a rollout, as other operators read it."""

from __future__ import annotations

import getpass
import socket


def operator_name() -> str:
    """Return `USER@MACHINE` of this controller, without unprintable characters."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        who = "somebody"
    return "".join(each for each in f"{who}@{socket.gethostname()}" if each.isprintable())
