"""Ways to write one JSON document. Whatever the style, signatures are over the canonical form."""

import json

from tuf.api.serialization.json import JSONSerializer


def pretty(metadata):
    """python-tuf's JSONSerializer as it is constructed by default."""
    return JSONSerializer().serialize(metadata)


def compact(metadata):
    return JSONSerializer(compact=True).serialize(metadata)


def unsorted(metadata):
    """Keys in reverse order, `signed` first, tabs, CRLF, and white space at the end."""
    text = json.dumps(_reversed(metadata.to_dict()), indent="\t", separators=(" ,", " : "))
    return text.replace("\n", "\r\n").encode() + b"\r\n \n"


def raw(metadata):
    """No escape that JSON does not ask for: UTF-8 as it is."""
    text = json.dumps(metadata.to_dict(), sort_keys=True, ensure_ascii=False, indent=2)
    return text.encode() + b"\n"


def escaped(metadata):
    """Escapes where none is needed, in keys too."""
    text = json.dumps(metadata.to_dict(), separators=(",", ":"))
    text = text.replace("/", "\\/").replace('"version"', '"\\u0076ersion"')
    return text.replace('"keyid"', '"key\\u0069d"').replace('"sha256"', '"sh\\u0061256"').encode()


def _reversed(value):
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in sorted(value, reverse=True)}
    if isinstance(value, list):
        return [_reversed(item) for item in value]
    return value


ALL = [pretty, compact, unsorted, raw, escaped]
