"""Moves secrets out of the commands and environments of imported processes.

llama-server reads its own from the environment. Everything else gets them by a shell, which puts
variables into the arguments that it starts a program with: `sh -c 'exec serve --key "$KEY"'`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..secrets.find import Found, in_value, in_words, shell_texts
from ..secrets.names import is_secret, is_secret_name, variable_of
from ..source import Span
from .secrets import SecretStore
from .server_command import SERVER
from .shell_text import exported, literal, with_variable

SHELL = "/bin/sh"
OF_SERVER = {"--api-key": "LLAMA_API_KEY", "--hf-token": "HF_TOKEN", "-hft": "HF_TOKEN"}
"""What llama-server itself reads instead of a flag."""
VARIABLE = "the environment variable"
CONTAINERS = frozenset({"docker", "podman", "nerdctl"})
_ENTRY = re.compile(r"(?s)(--env=|-e)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


@dataclass(frozen=True, slots=True)
class Moved:
    """The words and environment of a process without secrets.

    `environment` is what stays as it was; `given` are variables of the process, each with the name
    of the one that holds its value where the service runs.
    """

    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Mover:
    """Moves what one process holds. `owner` is the model that it serves, where others share its
    environment; then no secret may get a name there that every llama-server would obey. `places`
    are those of its environment variables.
    """

    safe: SecretStore
    what: str
    span: Span
    owner: str | None = None
    places: Mapping[str, Span] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)

    def moved(
        self, words: Sequence[str], environment: Sequence[tuple[str, str]] = ()
    ) -> Moved | None:
        """Return the process without secrets; None where it holds none."""
        kept = [each for each in environment if not self._of_environment(*each)]
        found = self._of_server(list(words))
        found = self._of_container(found)
        found = self._by_shell(found)
        if self.owner is None and any(name != held for name, held in self.given.items()):
            found, self.given = self._assigned(found), {}
        if tuple(found) == tuple(words) and len(kept) == len(environment) and not self.given:
            return None
        given = tuple(self.given.items())
        return Moved(tuple(found), tuple(each for each in kept if each[0] not in self.given), given)

    def _keep(self, name: str, value: str, what: str = "", *, in_argv: bool = False) -> str:
        what = what or f"{name} {self.what}".strip()
        span = self.places.get(name, self.span) if what.startswith(VARIABLE) else self.span
        return self.safe.keep(name, what, span, value, in_argv=in_argv)

    def _give(self, name: str, value: str, what: str = "") -> None:
        """Give the process a variable of that name."""
        wanted = name
        if name.startswith("LLAMA_") or not is_secret_name(name):
            wanted = self._own(name.removeprefix("LLAMA_")) if self.owner else name
        held = self._keep(wanted, value, what)
        if held != name or self.owner is None:
            self.given[name] = held

    def _own(self, name: str) -> str:
        """Return a variable name that no other process in the same environment reads."""
        return f"{variable_of(self.owner)}_{name}" if self.owner else name

    def _of_environment(self, name: str, value: str) -> bool:
        if not in_value(name, value):
            return False
        self._give(name, value, f"{VARIABLE} {name} {self.what}".strip())
        return True

    def _of_server(self, words: list[str]) -> list[str]:
        """Replace the flags that have an environment variable."""
        if not words or SERVER.fullmatch(words[0]) is None:
            return words
        kept: list[str] = []
        values: dict[str, list[str]] = {}
        at = 0
        while at < len(words):
            name = OF_SERVER.get(words[at].replace("_", "-"))
            if name and at + 1 < len(words):
                values.setdefault(name, []).append(words[at + 1])
                at += 2
            else:
                kept.append(words[at])
                at += 1
        for name, given in values.items():
            flag = next(flag for flag, each in OF_SERVER.items() if each == name)
            if any(is_secret("api_key", each) for each in given):
                value = ",".join(given) if name == "LLAMA_API_KEY" else given[-1]
                self._give(name, value, f"what {flag} is given {self.what}".strip())
            else:
                kept += [part for each in given for part in (flag, each)]
        return kept if self.given else words

    def _of_container(self, words: list[str]) -> list[str]:
        """Turn `-e NAME=secret` into `-e NAME`, which passes on the variable of the caller."""
        names = [word.rpartition("/")[2] for word in words]
        if not CONTAINERS & set(names) or "sudo" in names or shell_texts(words):
            return words
        kept = list(words)
        for at, word in enumerate(words):
            entry = _ENTRY.fullmatch(word)
            behind = at > 0 and words[at - 1] in ("-e", "--env")
            if entry and (entry[1] or behind) and in_value(entry[2], entry[3]):
                self._give(entry[2], entry[3])
                kept[at] = f"{entry[1] or ''}{entry[2]}"
        return kept

    def _by_shell(self, words: list[str]) -> list[str]:
        """Replace secrets by variables that a shell expands."""
        found: dict[int, list[Found]] = {}
        for at, each in in_words(words):
            found.setdefault(at, []).append(each)
        shells = shell_texts(words)
        for at in sorted(found.keys() & shells):
            for each in reversed(found.pop(at)):
                text = words[at]
                value = literal(text, each.start, each.end)
                if exported(text, each.start):
                    name = self._keep(each.variable, value)
                else:
                    name = self._keep(self._own(each.variable), value, in_argv=True)
                words[at] = with_variable(text, each.start, each.end, name)
        if not found:
            return words
        parts = [self._quoted(word, found.get(at, [])) for at, word in enumerate(words)]
        return [SHELL, "-c", f"exec {' '.join(parts)}"]

    def _quoted(self, word: str, found: Sequence[Found]) -> str:
        parts, at = [], 0
        for each in found:
            value = word[each.start : each.end]
            name = self._keep(self._own(each.variable), value, in_argv=True)
            parts += [shlex.quote(word[at : each.start]) if at < each.start else "", f'"${name}"']
            at = each.end
        rest = shlex.quote(word[at:]) if word[at:] or not parts else ""
        return "".join((*parts, rest))

    def _assigned(self, words: list[str]) -> list[str]:
        """Let a shell assign variables whose names differ outside."""
        pairs = [f'{name}="${held}"' for name, held in self.given.items() if name != held]
        if words[:2] == [SHELL, "-c"]:
            return [SHELL, "-c", f"{' '.join(pairs)} {words[2]}", *words[3:]]
        return [SHELL, "-c", f"{' '.join(pairs)} exec {shlex.join(words)}"]
