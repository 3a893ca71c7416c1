"""Writes patterns.txt: [pattern, path, whether it matches], one JSON array a line.

The oracle is what python-tuf does: split both at "/", and `fnmatchcase` on each segment.
"""

import json
import pathlib
import random
import re
from fnmatch import fnmatchcase


def matches(pattern: str, path: str) -> bool:
    patterns, segments = pattern.split("/"), path.split("/")
    if len(patterns) != len(segments):
        return False
    return all(fnmatchcase(s, p) for p, s in zip(patterns, segments))


BY_HAND = [
    "*", "?", "**", "*?", "?*", "a", "", "[", "]", "[]", "[]]", "[!]", "[!]]", "[a", "[!a", "[a]",
    "[!a]", "[ab]", "[a-c]", "[!a-c]", "[c-a]", "[!c-a]", "[a-]", "[-a]", "[--a]", "[a-b-c]", "[a--]",
    "[]-a]", "[^a]", "[\\]]", "\\*", "\\", "[a-a]", "[]-]", "[!-]", "[!!]", "[a!]", "[?]", "[*]", "[.]",
    "*a*", "*.txt", ".*", "a*b*c", "[[]", "[a][b]", "[a]b]", "*]", "[&&a]", "[~~a]", "[||a]", "[a-é]",
    "a/*", "*/a", "*/*", "a/b", "[a/b]", "a?b", "*/", "/*", "//", "*/*/*", "a//b", "(a|b)", "a+", "a$", "^a",
    "[a-\U0001f600]", "?é", "é", "e\u0301", "\n", "*\n",
]
PATHS = [
    "", "a", "b", "c", "-", "]", "[", "!", "^", "\\", "*", "?", ".", "é", "e\u0301", "\U0001f600", "ab", "abc",
    "a]", "b]", "]]", "[a", "[!a", ".a", "a.txt", ".txt", "aa", "abcabc", "\\*", "\\a", "\\]", "&a", "~", "|",
    "a/b", "a/", "/a", "a/b/c", "/", "//", "a//b", "a+", "aé", "\n", "a\n", "A", "(a|b)", "a$", "^a",
]


def is_odd(pattern: str) -> bool:
    """A set that begins with an empty range and a "!": Python drops the range, and then reads "not"."""
    return any(low > high for low, high in re.findall(r"\[(.)-(.)!", pattern))


def main() -> None:
    cases = [(pattern, path) for pattern in BY_HAND for path in PATHS]
    rng = random.Random(5)
    for _ in range(20_000):
        pattern = "".join(rng.choices("ab-]![*?^\\é./", k=rng.randint(0, 8)))
        path = "".join(rng.choices("ab-]![^\\é./", k=rng.randint(0, 6)))
        cases.append((pattern, path))
        # A path that is made after the pattern matches more often.
        near = "".join(rng.choice("ab-é") if c in "*?[]!" else c for c in pattern)
        cases.append((pattern, near))
    rows = {(p, s): matches(p, s) for p, s in cases if not is_odd(p)}
    keep = [row for row in rows.items() if row[1]]
    rest = [row for row in rows.items() if not row[1]]
    rows = sorted(keep + rng.sample(rest, min(len(rest), 2 * len(keep))))
    with open(pathlib.Path(__file__).with_name("patterns.txt"), "w", encoding="ascii") as out:
        for (pattern, path), matched in rows:
            out.write(json.dumps([pattern, path, matched]) + "\n")


main()
