"""Value trees to text; quoting happens here and nowhere else."""
