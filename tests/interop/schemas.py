"""Holds the JSON Schemas of manifests, plans and brakes against the documents of tests/data/documents.

    schemas.py

What a file's name calls valid, its schema accepts; what the name says is beyond the schema, it accepts
too; everything else it refuses, also what is beneath it, which readers pass over and nobody should write.
The crate's own tests hold its readers against the same files.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

TOP = Path(__file__).parents[2]
SCHEMAS = {
    "manifest": TOP / "src/release/release.schema.json",
    "plan": TOP / "src/rollout/plan.schema.json",
    "brake": TOP / "src/rollout/brake.schema.json",
}


def validator(file):
    schema = json.loads(file.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def main():
    validators = {kind: validator(file) for kind, file in SCHEMAS.items()}
    files = sorted((TOP / "tests/data/documents").glob("*.json"))
    wrong = []
    for file in files:
        kind, code, *_ = file.name.split(".")
        expected = (code == "valid" or ".beyond-schema." in file.name) and ".beneath-schema." not in file.name
        if validators[kind].is_valid(json.loads(file.read_text())) != expected:
            wrong.append(file.name)
    for name in wrong:
        print(f"the schema is wrong about {name}")
    print(f"{len(files) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(bool(wrong) or not files)


if __name__ == "__main__":
    main()
