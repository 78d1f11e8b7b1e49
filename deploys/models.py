"""Only weights: fetch and verify what the plan names."""

from llamafleet_roles.site import models

models()
