"""Show builds, releases and work folders that nothing refers to, and remove them if asked."""

from llamafleet_roles.site import prune

prune()
