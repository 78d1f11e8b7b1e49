"""GPU stacks, one file each, data only."""
