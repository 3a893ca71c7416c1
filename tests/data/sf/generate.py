"""Writes the *-generated.json files, one case a line; with --check, compares them instead.

The cases try every ASCII character at one place of a string, a token or a key, and every allowed
number of digits of a number. What a place allows is the ABNF of RFC 9651, section 3.
"""

import json
import pathlib
import string
import sys

CHARS = [chr(code) for code in range(0x80)]
LOWER, DIGITS = string.ascii_lowercase, string.digits
IN_STRING = set(map(chr, range(0x20, 0x7F))) - set('"\\')
TOKEN_START = set(string.ascii_letters + "*")
IN_TOKEN = TOKEN_START | set(DIGITS + "!#$%&'+-.^_`|~:/")
KEY_START = set(LOWER + "*")
IN_KEY = KEY_START | set(DIGITS + "_-.")

FAILS = object()


def case(name, kind, raw, expected, canonical=None):
    row = {"name": name, "raw": [raw], "header_type": kind}
    if expected is FAILS:
        return row | {"must_fail": True}
    row["expected"] = expected
    return row if canonical is None else row | {"canonical": [canonical]}


def each_char(name, kind, raw, reads):
    """A case for each character; `reads` tells what is read with it: (expected, canonical)."""
    for char in CHARS:
        label = f"0x{ord(char):02x}"
        yield case(name.replace("0x??", label), kind, raw.replace("?", char), *reads(char))


def token(text):
    return {"__type": "token", "value": text}


def string_cases():
    def plain(char):
        return ([f" {char} ", []] if char in IN_STRING else FAILS,)

    def escaped(char):
        return ([char, []] if char in '"\\' else FAILS,)

    yield from each_char("0x?? in string", "item", '" ? "', plain)
    yield from each_char("Escaped 0x?? in string", "item", '"\\?"', escaped)


def token_cases():
    def inside(char):
        if char == ";":
            return ([token("a"), [["a", True]]],)
        return ([token(f"a{char}a"), []] if char in IN_TOKEN else FAILS,)

    def first(char):
        if char == " ":
            return [token("a"), []], "a"
        return ([token(f"{char}a"), []] if char in TOKEN_START else FAILS,)

    yield from each_char("0x?? in token", "item", "a?a", inside)
    yield from each_char("0x?? starting a token", "item", "?a", first)


def key_cases():
    def alone(char):
        return ([[char, [1, []]]] if char in KEY_START else FAILS,)

    def inside(char):
        if char == ",":
            return [["a", [1, []]]], "a=1"
        if char == ";":
            return ([["a", [True, [["a", 1]]]]],)
        return ([[f"a{char}a", [1, []]]] if char in IN_KEY else FAILS,)

    def first(char):
        if char == " ":
            return [["a", [1, []]]], "a=1"
        return ([[f"{char}a", [1, []]]] if char in KEY_START else FAILS,)

    def parameter(key):
        return [[token("foo"), [[key, 1]]]], f"foo;{key}=1"

    def inside_parameter(char):
        if char == ";":
            return parameter("a")
        return parameter(f"a{char}a") if char in IN_KEY else (FAILS,)

    def first_of_parameter(char):
        if char == " ":
            return parameter("a")
        return parameter(f"{char}a") if char in KEY_START else (FAILS,)

    for row in each_char("0x?? as a single-character dictionary key", "dictionary", "?=1", alone):
        # The case of the space has no key at all.
        yield row | {"raw": [row["raw"][0].lstrip(" ")]}
    yield from each_char("0x?? in dictionary key", "dictionary", "a?a=1", inside)
    yield from each_char("0x?? starting a dictionary key", "dictionary", "?a=1", first)
    yield from each_char("0x?? in parameterised list key", "list", "foo; a?a=1", inside_parameter)
    yield from each_char(
        "0x?? starting a parameterised list key", "list", "foo; ?a=1", first_of_parameter
    )


def number_cases():
    def number(name, raw, canonical=None):
        value = float(raw) if "." in raw else int(raw)
        return case(name, "item", raw, [value, []], canonical)

    for digits in range(1, 16):
        yield number(f"{digits} digits of zero", "0" * digits, "0")
        yield number(f"{digits} digit small integer", "1" * digits)
        yield number(f"{digits} digit large integer", "9" * digits)

    for whole in range(1, 13):
        for places in range(1, 4):
            zeros, ones, nines = "0" * places, "1" * places, "9" * places
            digits, fraction = f"{whole + places} digit", f"{places} fractional"
            yield number(f"{digits} 0, {fraction} small decimal", f"{'0' * whole}.{ones}", f"0.{ones}")
            yield number(
                f"{digits}, {fraction} 0 decimal", f"{'1' * whole}.{zeros}", f"{'1' * whole}.0"
            )
            yield number(f"{digits}, {fraction} small decimal", f"{'1' * whole}.{ones}")
            yield number(f"{digits}, {fraction} large decimal", f"{'9' * whole}.{nines}")

    for digit in "09":
        for name, whole, places in [("digit", 15, 1), ("fractional digits", 12, 4)]:
            raw = f"{digit * whole}.{digit * places}"
            yield case(f"too many {name} {digit} decimal", "item", raw, FAILS)


FILES = {
    "key-generated.json": key_cases,
    "number-generated.json": number_cases,
    "string-generated.json": string_cases,
    "token-generated.json": token_cases,
}


def main() -> None:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: generate.py [--check]")
    stale = []
    for name, cases in FILES.items():
        path = pathlib.Path(__file__).with_name(name)
        text = "[\n" + ",\n".join(map(json.dumps, cases())) + "\n]\n"
        if not sys.argv[1:]:
            path.write_bytes(text.encode("ascii"))
        elif not path.exists() or path.read_bytes() != text.encode("ascii"):
            stale.append(name)
    if stale:
        sys.exit(f"not what generate.py writes: {', '.join(stale)}")


main()
