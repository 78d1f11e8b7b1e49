"""Drills: changes made as CONTRIBUTING.md describes them, in a copy of the tree."""
