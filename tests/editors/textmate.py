"""As much of a TextMate engine as the grammar of fleet files needs: which scope each stretch has.

Rules are tried where the text stands; the one that matches earliest wins, and the first listed one
among equals. A rule with `begin` and `end` stays open, also over lines, until its end matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Rule = dict[str, Any]


@dataclass(frozen=True)
class Grammar:
    """A grammar as its JSON has it."""

    root: Rule

    def scopes(self, text: str) -> list[tuple[str, str]]:
        """Stretches of text with the innermost scope that each has, without blank ones."""
        found: list[tuple[str, str]] = []
        open_rules: list[Rule] = []
        for line in text.split("\n"):
            self._line(line, open_rules, found)
        return [(stretch.strip(), scope) for stretch, scope in found if stretch.strip()]

    def _line(self, line: str, open_rules: list[Rule], found: list[tuple[str, str]]) -> None:
        place = 0
        while place <= len(line):
            inside = open_rules[-1] if open_rules else self.root
            best = self._earliest(line, place, inside)
            if best is None:
                break
            match, rule, is_end = best
            self._emit(found, line[place : match.start()], inside.get("name", ""))
            if is_end:
                self._captured(found, match, inside, "endCaptures")
                open_rules.pop()
            elif "begin" in rule:
                self._captured(found, match, rule, "beginCaptures")
                open_rules.append(rule)
            else:
                self._captured(found, match, rule, "captures")
            if match.end() == match.start() and not is_end:
                raise AssertionError(f"a rule matches nothing: {rule}")
            place = match.end()
        self._emit(
            found, line[place:], (open_rules[-1] if open_rules else self.root).get("name", "")
        )

    def _earliest(
        self, line: str, place: int, inside: Rule
    ) -> tuple[re.Match[str], Rule, bool] | None:
        candidates: list[tuple[re.Match[str], Rule, bool]] = []
        if "end" in inside and (match := re.compile(inside["end"]).search(line, place)):
            candidates.append((match, inside, True))
        for rule in self._rules(inside):
            pattern = rule.get("match") or rule["begin"]
            if match := re.compile(pattern).search(line, place):
                candidates.append((match, rule, False))
        return min(candidates, key=lambda each: each[0].start(), default=None)

    def _rules(self, inside: Rule) -> list[Rule]:
        rules: list[Rule] = []
        for each in inside.get("patterns", ()):
            if "include" in each:
                included = self.root["repository"][each["include"].removeprefix("#")]
                plain = "match" in included or "begin" in included
                rules += [included] if plain else self._rules(included)
            else:
                rules.append(each)
        return rules

    def _captured(
        self, found: list[tuple[str, str]], match: re.Match[str], rule: Rule, kind: str
    ) -> None:
        """The match in pieces: a capture has its own scope, what is between has the rule's."""
        place, text = match.start(), match.string
        outer = rule.get("name", "")
        for number, capture in sorted(rule.get(kind, {}).items()):
            start, end = match.span(int(number))
            if start < 0:
                continue
            self._emit(found, text[place:start], outer)
            self._emit(found, text[start:end], capture["name"])
            place = end
        self._emit(found, text[place : match.end()], outer)

    @staticmethod
    def _emit(found: list[tuple[str, str]], text: str, scope: str) -> None:
        if text:
            found.append((text, scope))
