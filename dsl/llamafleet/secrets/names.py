"""Names that stand for secrets, and values that are none under any name."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+"

ALWAYS = frozenset({
    "password", "passwords", "passwd", "passphrase", "pwd", "secret", "secrets", "credential",
    "credentials", "apikey", "apikeys", "authtoken", "accesstoken", "hft", "bearer", "pat",
})  # fmt: skip
"""Last words of a name that always stand for a secret."""

KEY_OF = frozenset({
    "api", "secret", "access", "auth", "private", "encryption", "signing", "master", "admin",
    "bearer", "session", "service", "subscription", "deploy", "webhook", "server", "client",
    "openai", "anthropic", "claude", "gemini", "google", "mistral", "groq", "deepseek", "cohere",
    "azure", "hf", "huggingface", "openrouter", "together", "replicate", "nvidia", "perplexity",
    "tavily", "serper", "brave", "exa", "xai", "ngc", "wandb", "swap", "llama", "vllm", "litellm",
})  # fmt: skip
"""Words before `key` that make it one that opens something."""

TOKENS_OF = frozenset({"api", "access", "auth", "bearer", "hf", "refresh", "secret", "session"})
"""Words before `tokens` that make them credentials: elsewhere they are pieces of text."""

TOKEN_OF_TEXT = frozenset({
    "eos", "bos", "pad", "unk", "sep", "cls", "mask", "stop", "start", "end", "special", "image",
    "audio", "video", "vision", "max", "min", "num", "per", "think", "thinking", "next", "first",
    "last", "prompt", "decoder", "suffix", "prefix", "control", "added", "draft", "new", "cost",
    "cache", "cached", "input", "output", "total", "eot", "eog", "fim", "middle", "reasoning",
})  # fmt: skip
"""Words before `token` that make it a piece of text."""

HEADERS = frozenset({"authorization", "cookie"})

_PLACEHOLDER = r"""(?ix) | <[^>]*> | \.{3,} | \*+ | x+ | \#+ | -+
    | (?:none|null|nil|undefined|empty|dummy|fake|placeholder|example|changeme|change[-_]me|todo
      |unused|no|local|anything|whatever|not[-_]?(?:needed|used|required|set|empty)|redacted
      |optional|required|string|ollama|lm[-_]?studio|hidden|secret|password|token|key|api[-_]?key
      |test|bearer|basic)
    | (?:sk|hf|key|api[-_]?key|token)[-_](?:no[-_]?key[-_]?(?:required|needed)|dummy|fake|x+|\.+
      |none|not[-_]?(?:needed|used|required)|placeholder|1234|test|empty|local|your[-_a-z]*)
    | no[-_]?(?:api[-_]?)?(?:key|token|auth|password)(?:[-_]?(?:required|needed|set))?
    | (?:your|my|insert|put|enter|replace|some|the)[-_ ][a-z_ -]*
    | os\.environ/\w+ | env:\w+ | file:\S+ | @\S+
    """
_SWITCH = r"(?i)true|false|yes|no|on|off|auto|default|enabled?|disabled?"
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?"
_REFERENCE = (
    r"\$\{[^}]*\}|^\$[A-Z_][A-Z0-9_]*$|\$\(|`|\{\{|^%[(dhs]"
    r"|^\$[a-z_]*(?:key|token|secret|password)$"
)
_PATH = (
    r"(?:~|\.{1,2}|/(?:bin|boot|dev|etc|home|media|mnt|opt|proc|root|run|srv|sys|tmp|usr|var"
    r"|data|models|config|secrets|app|workspace|k|keys))(?:/[^\s]*)?|/[a-z.]+(?:/[a-z.]+)*"
)
_PUNCTUATION = r"</?[a-z|_ ]*>|\[/?[A-Z]+\]"


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of `HF_TOKEN`, `apiKey` or `--api-key`, in lower case, without numbers."""
    found = (each.lower() for each in re.findall(_WORDS, name))
    return tuple(each for each in found if not each.isdigit())


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return True if what has that name is a secret: a variable, a key, a flag, a header."""
    words = words_of(name)
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in ALWAYS or (last in HEADERS and len(words) <= 2):
        return True
    if last in ("key", "keys"):
        return before in KEY_OF
    if last == "token":
        return before not in TOKEN_OF_TEXT
    return last == "tokens" and before in TOKENS_OF


def is_placeholder(value: str) -> bool:
    """Return True if a value only stands for a secret, or refers to one that is elsewhere."""
    text = value.strip().strip("\"'").strip()
    return bool(
        re.fullmatch(_PLACEHOLDER, text)
        or re.fullmatch(_SWITCH, text)
        or re.search(_REFERENCE, text)
        or re.fullmatch(_PATH, text)
        or re.fullmatch(_PUNCTUATION, text)
    )


def is_secret(name: str, value: str) -> bool:
    """Return True if `value`, under that name, is a secret that stands there."""
    if not is_secret_name(name) or is_placeholder(value):
        return False
    if re.fullmatch(_NUMBER, value.strip()):
        # A budget of tokens is a number, and so may a password be, but not one of two digits.
        return words_of(name)[-1] not in ("token", "tokens") and len(value.strip()) > 3
    return True


def variable_of(name: str) -> str:
    """Return an environment variable's name for a secret that is called `name` where it stands."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.lstrip("-"))
    text = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper()
    text = {"HFT": "HF_TOKEN", "AUTHORIZATION": "AUTH_TOKEN", "BEARER": "BEARER_TOKEN"}.get(
        text, text
    )
    return text if text and not text[0].isdigit() else f"SECRET_{text}".rstrip("_")
