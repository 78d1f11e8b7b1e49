"""The parts of the llama-server target."""
