"""Keys, tokens and passwords in texts that others may read: one detector for all formats."""
