# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `lockstep ... --json` prints, against the schemas in docs/schema."""

import json
import pathlib

import jsonschema
import referencing

DIRECTORY = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schema"
INDEX = "outputs.json"  # which command prints which


class Mismatch(Exception):
    """The text says what was printed and what is wrong with it."""


class Schemas:
    def __init__(self, directory=DIRECTORY):
        self.index = json.loads((directory / INDEX).read_text(encoding="utf-8"))
        self.documents = {path.name: json.loads(path.read_text(encoding="utf-8"))
                          for path in sorted(directory.glob("*.json")) if path.name != INDEX}
        registry = referencing.Registry().with_resources(
            (name, referencing.jsonschema.DRAFT202012.create_resource(document))
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

    def name_for(self, arguments):
        """The schema of what `lockstep ARGUMENTS --json` prints when it is done; None if unknown."""
        command = self.command_of(arguments)
        for option in (str(word).partition("=")[0] for word in arguments):
            if f"{command} {option}" in self.index:
                return self.index[f"{command} {option}"]
        return self.index.get(command)

    def check(self, arguments, value):
        """Raises Mismatch if `value` is not what that command prints; returns the schema's name."""
        shown = f"lockstep {' '.join(map(str, arguments))}"
        name = "error.json" if isinstance(value, dict) and list(value) == ["error"] else self.name_for(arguments)
        if name is None:
            raise Mismatch(f"{shown}: docs/schema/{INDEX} does not say what it prints")
        for problem in self.validators[name].iter_errors(value):
            where = "/".join(map(str, problem.absolute_path)) or "the whole"
            raise Mismatch(f"{shown}: not as docs/schema/{name} says: {where}: {problem.message}")
        return name

    def check_text(self, arguments, text):
        """The same for what was printed; commands that follow something print one value after the other.
        Returns the names of the schemas."""
        names = set()
        follows = any(str(word) in ("--follow", "--watch") for word in arguments)
        rest, seen = text.strip(), 0
        while rest or not (seen or follows):
            try:
                value, end = json.JSONDecoder().raw_decode(rest)
            except ValueError as error:
                raise Mismatch(f"lockstep {' '.join(map(str, arguments))}: no JSON: {error}: {rest[:200]!r}") from None
            names.add(self.check(arguments, value))
            rest, seen = rest[end:].strip(), seen + 1
            if seen > 1 and not follows:
                raise Mismatch(f"lockstep {' '.join(map(str, arguments))}: more than one JSON value")
        return names
