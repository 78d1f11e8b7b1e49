"""The parts of llama-swap's configuration."""
