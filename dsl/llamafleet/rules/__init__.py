"""Checks over the whole fleet, one file each, listed in RULES."""
