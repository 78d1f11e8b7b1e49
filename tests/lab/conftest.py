"""Gives the tests in this directory the shared lab."""

from tests.lab.fixtures import lab

__all__ = ["lab"]
