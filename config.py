"""pyinfra's settings for runs from this checkout; pyinfra executes this file before all else."""

from __future__ import annotations

import sys
from pathlib import Path

# The checkout's own compiler and roles come first, without an install and before installed ones.
_CHECKOUT = Path(__file__).resolve().parent
for _folder in (_CHECKOUT / "dsl", _CHECKOUT):
    if str(_folder) in sys.path:
        sys.path.remove(str(_folder))
    sys.path.insert(0, str(_folder))

# After the path is set, for it is in the checkout.
from llamafleet_roles.site import configure  # noqa: E402

configure()
