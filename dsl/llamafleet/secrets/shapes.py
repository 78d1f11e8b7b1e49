"""Forms of secrets: API keys of providers, passwords in URLs, headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .names import is_placeholder

SHAPES: tuple[tuple[str, str, str], ...] = (
    ("ANTHROPIC_API_KEY", "sk-", r"sk-ant-[\w\-]{16,}"),
    ("OPENROUTER_API_KEY", "sk-", r"sk-or-[\w\-]{16,}"),
    ("API_KEY", "sk-", r"sk-(?!ant-|or-)[\w\-]{16,}"),
    ("HF_TOKEN", "hf_", r"hf_[A-Za-z0-9]{16,}"),
    ("HF_TOKEN", "api_org_", r"api_org_[A-Za-z0-9]{16,}"),
    ("GITHUB_TOKEN", "gh", r"gh[pousr]_[A-Za-z0-9]{16,}"),
    ("GITHUB_TOKEN", "github_pat_", r"github_pat_\w{20,}"),
    ("GITLAB_TOKEN", "glpat-", r"glpat-[\w\-]{16,}"),
    ("SLACK_TOKEN", "xox", r"xox[abeprs]-[\w\-]{10,}"),
    ("GOOGLE_API_KEY", "AIza", r"AIza[\w\-]{20,}"),
    ("GROQ_API_KEY", "gsk_", r"gsk_[A-Za-z0-9]{16,}"),
    ("XAI_API_KEY", "xai-", r"xai-[\w\-]{16,}"),
    ("NVIDIA_API_KEY", "nvapi-", r"nvapi-[\w\-]{16,}"),
    ("REPLICATE_API_TOKEN", "r8_", r"r8_[A-Za-z0-9]{16,}"),
    ("PERPLEXITY_API_KEY", "pplx-", r"pplx-[A-Za-z0-9]{16,}"),
    ("TAILSCALE_KEY", "tskey-", r"tskey-[\w\-]{10,}"),
    ("NPM_TOKEN", "npm_", r"npm_[A-Za-z0-9]{20,}"),
    ("PYPI_TOKEN", "pypi-", r"pypi-[\w\-]{20,}"),
    ("DOCKER_TOKEN", "dckr_pat_", r"dckr_pat_[\w\-]{16,}"),
    ("AWS_ACCESS_KEY_ID", "IA", r"A(?:KI|SI)A[0-9A-Z]{16}(?![0-9A-Za-z])"),
    ("TOKEN", "eyJ", r"eyJ[\w\-]{10,}\.[\w\-]{10,}\.[\w\-]*"),
    (
        "PRIVATE_KEY",
        "-----BEGIN ",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----BEGIN)[\s\S])*",
    ),
)
"""A name, what is in every such key, and what such keys look like, wherever they stand."""

PARTS: tuple[tuple[str, str, str, int, str], ...] = (
    ("BEARER_TOKEN", "bearer", r"(?i)\bbearer(?:\s+|%20)([A-Za-z0-9._~+/=\-]{4,})", 1, r"[0-9_\-]"),
    (
        "URL_PASSWORD",
        "://",
        r"(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{0,30}://([^\s/?#\"'<>@]*?):([^\s/?#\"'<>]*)@(?=[^\s@])",
        2,
        r".",
    ),
    (
        "URL_TOKEN",
        "://",
        r"(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{0,30}://([^\s/?#\"'<>@:]{16,})@",
        1,
        r"[0-9]",
    ),
    (
        "PASSWORD",
        "-u",
        r"\b(?:curl|wget)\b[^\n;|&]{0,200}?\s(?:-u|--user)[ =]\s*[\"']?([^\s\"':]+):([^\s\"']+)",
        2,
        r".",
    ),
)
"""What is around a secret, which group of it the secret is, and what that must hold."""


def by_shape(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, the end and a name of each secret that shows by its form alone."""
    # Patterns are compiled when their sign is met: most texts have none, and check is to be quick.
    for name, sign, shape in SHAPES:
        if sign in text:
            for found in re.finditer(rf"(?<![A-Za-z0-9_]){shape}", text):
                if not is_placeholder(found[0]):
                    yield found.start(), found.end(), name
    lowered = text.lower()
    for name, sign, around, group, needed in PARTS:
        for found in re.finditer(around, text) if sign in lowered else ():
            value = found[group]
            if value and re.search(needed, value) and not is_placeholder(value):
                yield found.start(group), found.end(group), name
