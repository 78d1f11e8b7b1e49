"""Everything a host needs, in order: what it runs, what it loads, then the services themselves."""

from llamafleet_roles.site import everything

everything()
