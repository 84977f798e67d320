# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `lockstep ... --json` prints, against the schemas in docs/schema. Those leave room for members to come, as
programs have to; here there is none: a member that no schema names is one that nobody has documented."""

import json
import pathlib

import jsonschema
import referencing

DIRECTORY = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schema"
INDEX = "outputs.json"  # which command prints which
FAILED = "error.json"  # what any of them prints that fails


class Mismatch(Exception):
    """The text says what was printed and what is wrong with it."""


def closed(schema):
    """The same schema, where an object has only the members that it names. What stands under if, then and else is
    left as it is: it picks a schema, and is closed together with the object that it belongs to."""
    found = dict(schema)
    if "properties" in schema:
        found["properties"] = {name: closed(member) for name, member in schema["properties"].items()}
        if "additionalProperties" not in schema:
            found["unevaluatedProperties"] = False
    if "items" in schema:
        found["items"] = closed(schema["items"])
    if "anyOf" in schema:
        found["anyOf"] = [closed(each) for each in schema["anyOf"]]
    return found


class Schemas:
    def __init__(self, directory=DIRECTORY):
        self.index = json.loads((directory / INDEX).read_text(encoding="utf-8"))
        self.documents = {path.name: json.loads(path.read_text(encoding="utf-8"))
                          for path in sorted(directory.glob("*.json")) if path.name != INDEX}
        registry = referencing.Registry().with_resources(
            (name, referencing.jsonschema.DRAFT202012.create_resource(closed(document)))
            for name, document in self.documents.items())
        self.validators = {name: jsonschema.Draft202012Validator({"$ref": name}, registry=registry)
                           for name in self.documents}

    def command_of(self, arguments):
        """The command that these words are, e.g. "peer list"; None if the index has no such one."""
        words = [word for word in map(str, arguments) if not word.startswith("-")]
        for position, word in enumerate(words):
            for command in (" ".join(words[position:position + 2]), word):
                if command in self.index:
                    return command
        return None

    def entry_for(self, arguments):
        """The index's entry for what `lockstep ARGUMENTS --json` prints when it is done; None if there is none."""
        command = self.command_of(arguments)
        for option in (str(word).partition("=")[0] for word in arguments):
            if f"{command} {option}" in self.index:
                return f"{command} {option}"
        return command

    def check(self, arguments, value):
        """Raises Mismatch if `value` is not what that command prints; returns the index's entry, None for an error."""
        shown = f"lockstep {' '.join(map(str, arguments))}"
        failed = isinstance(value, dict) and list(value) == ["error"]
        entry = None if failed else self.entry_for(arguments)
        name = FAILED if failed else self.index.get(entry)
        if name is None:
            raise Mismatch(f"{shown}: docs/schema/{INDEX} does not say what it prints")
        for problem in self.validators[name].iter_errors(value):
            where = "/".join(map(str, problem.absolute_path)) or "the whole"
            raise Mismatch(f"{shown}: not as docs/schema/{name} says: {where}: {problem.message}")
        return entry

    def check_text(self, arguments, text):
        """The same for what was printed; commands that follow something print one value after the other.
        Returns the entries of the index."""
        entries = set()
        follows = any(str(word) in ("--follow", "--watch") for word in arguments)
        rest, seen = text.strip(), 0
        while rest or not (seen or follows):
            try:
                value, end = json.JSONDecoder().raw_decode(rest)
            except ValueError as error:
                raise Mismatch(f"lockstep {' '.join(map(str, arguments))}: no JSON: {error}: {rest[:200]!r}") from None
            entries.add(self.check(arguments, value))
            rest, seen = rest[end:].strip(), seen + 1
            if seen > 1 and not follows:
                raise Mismatch(f"lockstep {' '.join(map(str, arguments))}: more than one JSON value")
        return entries
