"""The one error of a config that cannot be used."""


class RefusedError(Exception):
    """The message with which llama-swap refuses a config."""
