"""Readers of other formats, one a file: each makes a fleet file of the same meaning."""
