"""Take hosts back to what they ran before: build, configuration and weights names together."""

from llamafleet_roles.site import rollback

rollback()
