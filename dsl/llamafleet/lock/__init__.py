"""`fleet.lock`: what the names in a fleet file stood for when it was last looked at."""
