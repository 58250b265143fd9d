#!/usr/bin/env python3
"""Checks JSON lines against the message schemas in this folder.

    check.py [--schema NAME] [--canonical] [FILE ...]

Every line of every FILE (standard input without FILE, or for -) is one record; blank lines are
passed over. --schema names the schema, for example `marker`; without it each record names its
own in its field `schema`. --canonical also asks for what hashiflex itself writes: keys sorted,
no spaces. Exit code 0: all records fit. 1: a record does not, named as FILE:LINE. 2: the check
could not be made. Needs python3-jsonschema (Debian 12: 4.10).
"""
import argparse
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
COMPLAINTS_MAX = 100


def fail(text):
    print(f"check.py: {text}", file=sys.stderr)
    sys.exit(2)


try:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, best_match
except ImportError:
    fail("python3-jsonschema is missing; install it: apt-get install python3-jsonschema")


class Refused(Exception):
    """A record that does not fit, and why."""


def validators():
    """One validator for each schema file, by its name."""
    found = {}
    for path in sorted(FOLDER.glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            fail(f"{path.name} is not a schema: {error.message}")
        found[path.name.removesuffix(".schema.json")] = Draft202012Validator(schema)
    return found


def pairs(canonical):
    """Builds objects; a key that stands twice means different things to different readers."""
    def build(items):
        keys = [key for key, _ in items]
        if len(set(keys)) != len(keys):
            raise Refused(f"key {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
        if canonical and keys != sorted(keys):
            raise Refused(f"keys are not sorted: {', '.join(keys)}")
        return dict(items)
    return build


def constant(name):
    raise Refused(f"{name} is not JSON")


def has_space(text):
    """Whether there is white space outside strings."""
    inside = escaped = False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = not escaped and character == "\\"
        elif character == '"':
            inside = True
        elif character.isspace():
            return True
    return False


def parse(line, canonical):
    try:
        text = line.decode("utf-8").strip("\r\n")
        record = json.loads(text, object_pairs_hook=pairs(canonical), parse_constant=constant)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refused(f"not JSON: {error}") from error
    if canonical and has_space(text):
        raise Refused("white space between the fields")
    return record


def check(line, name, canonical, known):
    record = parse(line, canonical)
    if name is None:
        stated = record.get("schema") if isinstance(record, dict) else None
        if not isinstance(stated, str):
            raise Refused("no field `schema`; say which with --schema")
        name = stated.partition("/")[0]
        if name not in known:
            raise Refused(f"schema {stated!r} is not known here: {', '.join(known)}")
    error = best_match(known[name].iter_errors(record))
    if error is not None:
        place = error.json_path.removeprefix("$").removeprefix(".")
        raise Refused(f"not a {name}: {place + ': ' if place else ''}{error.message[:300]}")


def main():
    parser = argparse.ArgumentParser(description="Checks JSON lines against the message schemas.")
    parser.add_argument("--schema", help="the schema; without it, each record's own field `schema`")
    parser.add_argument("--canonical", action="store_true", help="keys sorted and no spaces, too")
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE")
    options = parser.parse_args()
    known = validators()
    if options.schema is not None and options.schema not in known:
        fail(f"no schema {options.schema!r}; there are {', '.join(known)}")
    records = bad = 0
    for path in options.files:
        try:
            source = sys.stdin.buffer if path == "-" else open(path, "rb")
        except OSError as error:
            fail(f"{path}: {error.strerror}")
        with source:
            for number, line in enumerate(source, start=1):
                if not line.strip():
                    continue
                records += 1
                try:
                    check(line, options.schema, options.canonical, known)
                except Refused as refused:
                    bad += 1
                    if bad <= COMPLAINTS_MAX:
                        print(f"{path}:{number}: {refused}", file=sys.stderr)
    print(f"{records - bad} of {records} records fit")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
