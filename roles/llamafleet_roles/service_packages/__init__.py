"""The role for packages of the distribution that services of the host need."""

from llamafleet_roles.service_packages.tasks import service_packages

__all__ = ["service_packages"]
