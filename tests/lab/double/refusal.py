"""The one error of a config that cannot be used."""


class RefusedError(Exception):
    """What llama-swap says when it refuses a config."""
