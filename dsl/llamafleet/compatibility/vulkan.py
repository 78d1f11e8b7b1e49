"""Vulkan against a host: the age of its headers."""

from __future__ import annotations

from .distributions import distribution
from .problem import Problem
from .toolchain import Toolchain, Version, shown

HEADERS: Version = (1, 3, 272)
"""The first headers with vk::LayerSettingEXT, which ggml-vulkan.cpp of b11434 uses.

Tried: 1.3.239 of Debian 12 does not compile, 1.4.309 of Debian 13 does.
"""


def vulkan_problems(arches: tuple[str, ...], chain: Toolchain) -> tuple[Problem, ...]:
    """Return why llama.cpp's Vulkan does not compile with the headers of a host's distribution."""
    known = distribution(chain.os)
    if known is None or known.vulkan_headers is None or known.vulkan_headers >= HEADERS:
        return ()
    message = (
        f"Vulkan's headers of {known.name} are {shown(known.vulkan_headers)}, too old for llama.cpp"
    )
    ways = ("compile on a builder with Debian 13 or newer", "install newer headers by hand")
    return (Problem("headers", message, ways, certain=False),)
