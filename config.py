"""pyinfra's settings for runs from this checkout; pyinfra executes this file before all else."""

from __future__ import annotations

import sys
from pathlib import Path

from pyinfra.context import config

# The checkout's own compiler and roles come first, without an install and before installed ones.
_CHECKOUT = Path(__file__).resolve().parent
for _folder in (_CHECKOUT / "dsl", _CHECKOUT):
    if str(_folder) in sys.path:
        sys.path.remove(str(_folder))
    sys.path.insert(0, str(_folder))

config.REQUIRE_PYINFRA_VERSION = "~=3.10.0"

# Uploads pass through here on their way to a root-owned place: always there, and on a disk, where
# /tmp may be a small file system in memory. Nothing secret is uploaded as a file, and what is
# uploaded is verified by its hash where it arrives.
config.TEMP_DIR = "/var/tmp"

# After the path is set, for it is in the checkout.
from llamafleet_roles.pyinfra_hooks import install  # noqa: E402

install()
