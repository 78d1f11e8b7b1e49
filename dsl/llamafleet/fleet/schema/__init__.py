"""What each block kind may say: names, types, defaults, help."""
