"""llamafleet: one file describes a fleet of machines that serve local LLMs."""
