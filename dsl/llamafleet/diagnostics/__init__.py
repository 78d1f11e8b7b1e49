"""Problems as values, and the ways to print them."""

from .model import Diagnostic, Diagnostics, Label, Severity

__all__ = ["Diagnostic", "Diagnostics", "Label", "Severity"]
