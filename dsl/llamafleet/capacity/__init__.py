"""What models take of a host's memory, and what fits together."""
