"""The parts of nginx's configuration."""
