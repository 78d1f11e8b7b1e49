"""What the fleet compiles to, one file each."""
