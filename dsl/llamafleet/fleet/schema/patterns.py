"""Forms of texts that several keys take: checksums, paths, addresses, URLs, names."""

from __future__ import annotations

from .texts import Pattern

SHA256 = Pattern(r"[0-9a-f]{64}", "64 hexadecimal digits in quotes")
PATH = Pattern(r"/[^\s]*", "an absolute path in quotes")
HEALTH = Pattern(r"/[^\s]*|none", 'a path such as "/health", or "none", in quotes')
ADDRESS = Pattern(r"[A-Za-z0-9][A-Za-z0-9._:\-]*", "a host name or IP address in quotes")
REF = Pattern(r"[A-Za-z0-9][A-Za-z0-9._/+\-]*", "a tag, branch or commit in quotes")
URL = Pattern(r"[A-Za-z0-9][^\s\"']*[:/][^\s\"']*", "a URL in quotes")
OPTION = Pattern(r"-[^\s\"']+", 'options such as "-DGGML_CUDA_FA=ON"')
ENVIRONMENT = Pattern(r"(?s)[A-Za-z_][A-Za-z0-9_]*=.*", '"NAME=value"')
GPU_ID = Pattern(
    r"GPU-[0-9A-Fa-f]{8}[0-9A-Fa-f\-]*|([0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]",
    'a UUID or PCI address in quotes such as "0000:01:00.0"',
)
TOOLKIT = Pattern(r"[0-9]{1,2}(\.[0-9]{1,2})?", 'a version in quotes such as "12.9"')
DISTRIBUTION = Pattern(r"[a-z][a-z0-9_.]*(-[0-9][0-9.]*)?", 'a text such as "debian-13"')
REPOSITORY = Pattern(r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*", '"owner/name"')
HF = Pattern(
    r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*(:[\w.\-]+)?",
    'a repository and a quant such as "owner/name:Q4_K_M"',
)
REPOSITORY_FILE = Pattern(
    r"(?!.*(?:^|/)\.{0,2}(?:/|$))[^/\s][^\s]*\.gguf", "a .gguf file of the repository in quotes"
)
PATCH = Pattern(
    r"(?!.*(?:^|/)\.{0,2}(?:/|$))[A-Za-z0-9_][\w.+/\-]*",
    "the path of a file below the fleet file's folder, in quotes",
)
PARAMETER = Pattern(r"[^,\s]+", "the name of a request parameter", bare=True)
UPSTREAM_URL = Pattern(
    r"https?://([A-Za-z0-9._~\-]+(:[A-Za-z0-9._~\-]*)?@)?"
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(:([0-9]{1,5}|\$\{PORT\}))?"
    r"([/?]([^\s\"'%#]|%[0-9A-Fa-f]{2})*)?",
    'a URL in quotes such as "http://10.0.0.2:80"',
)
VARIABLE = Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable", bare=True)
