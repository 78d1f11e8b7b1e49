"""Everything a host needs: `pyinfra hosts.py deploy.py`."""

from llamafleet_roles.site import everything

everything()
