"""llama-swap's own configuration: read with positions, judged as a release of it would."""
