"""The extra of the package that brings a missing library."""

from __future__ import annotations

EXTRAS = {
    "huggingface_hub": ("lock", "looking up weights"),
    "httpx": ("lock", "looking up weights"),
    "pytest": ("verify", "verifying hosts"),
    "testinfra": ("verify", "verifying hosts"),
    "pygls": ("lsp", "the language server"),
    "lsprotocol": ("lsp", "the language server"),
}
"""Library to extra, and what it is for."""


def way_out(missing: ModuleNotFoundError) -> tuple[str, str] | None:
    """Return two lines for a person; None where no extra brings the module."""
    library = (missing.name or "").partition(".")[0]
    if library not in EXTRAS:
        return None
    extra, purpose = EXTRAS[library]
    return (
        f"{purpose} needs {library}, which is not installed",
        f"install it with: pip install 'llamafleet[{extra}]'",
    )
