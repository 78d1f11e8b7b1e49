"""Diagnostics as values, and their renderers."""

from .model import Diagnostic, Diagnostics, Label, Severity

__all__ = ["Diagnostic", "Diagnostics", "Label", "Severity"]
