"""One question of an editor a file, each a function of text and position."""
