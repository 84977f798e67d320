# SPDX-License-Identifier: LGPL-2.1-or-later
"""The D-Bus contract as data: the interface XML with its comments, and the errors of base/Errc.
Shared by dbus/make-reference, which writes it down, and tests/lint/check-interfaces."""

import dataclasses
import pathlib
import re
import xml.parsers.expat

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
ERROR_PREFIX = "org.lockstep.Error."
# Whether a property is announced when it changes; "true" unless it is there.
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
MEMBERS = ("method", "signal", "property")


@dataclasses.dataclass
class Arg:
    name: str
    type: str
    direction: str


@dataclasses.dataclass
class Member:
    """A method, signal or property; the interface itself is one, too, of the kind "interface"."""

    kind: str
    name: str
    line: int
    comment: str = ""
    type: str = ""
    access: str = ""
    args: list = dataclasses.field(default_factory=list)
    annotations: dict = dataclasses.field(default_factory=dict)

    def arguments(self, direction):
        return [arg for arg in self.args if arg.direction == direction]

    @property
    def text(self):
        """The comment without line breaks."""
        return " ".join(self.comment.split())

    @property
    def since(self):
        """The version that had it first, as numbers; nothing if the comment does not say."""
        found = re.search(r"\bSince (\d+(?:\.\d+)+)\.$", self.text)
        return tuple(int(part) for part in found[1].split(".")) if found else None

    @property
    def actions(self):
        """What polkit is asked for: names of actions, or "the action that started the job"."""
        found = re.search(r"\bpolkit: (.+?)\.(?=\s|$)", self.text)
        return re.split(r", | or ", found[1]) if found else []

    @property
    def is_for_everybody(self):
        return "Everybody may call it." in self.text

    def errors(self, label="Errors"):
        """The names behind a label, or nothing if it is not there. A clause may follow a name:
        "Busy if it cannot be cancelled; InvalidArgument"."""
        found = re.search(rf"\b{label}: (.+?)\.(?=\s|$)", self.text)
        if not found or found[1] == "none of its own":
            return [] if found else None
        return re.findall(r"(?<![\w.])[A-Z][a-z]+(?:[A-Z][a-z]+)*(?![\w.])", found[1])


@dataclasses.dataclass
class Interface:
    name: str
    path: str
    head: Member
    members: list


class Reader:
    """Reads one file of introspection XML. A comment belongs to the element that follows it; comments
    before the node are for those who write the file."""

    def __init__(self, path):
        self.path = path
        self.interfaces = []
        self.comment = ""
        self.member = None
        self.parser = xml.parsers.expat.ParserCreate()
        self.parser.CommentHandler = self.on_comment
        self.parser.StartElementHandler = self.on_start
        self.parser.EndElementHandler = self.on_end

    def read(self, text):
        self.parser.Parse(text, True)
        return self.interfaces

    def on_comment(self, text):
        # Indentation goes, paragraphs stay.
        self.comment = "\n".join(line.strip() for line in text.strip().splitlines())

    def on_start(self, tag, attributes):
        line = self.parser.CurrentLineNumber
        comment, self.comment = self.comment, ""
        if tag == "interface":
            head = Member("interface", attributes["name"], line, comment)
            self.interfaces.append(Interface(attributes["name"], self.path, head, []))
            self.member = head
        elif tag in MEMBERS:
            self.member = Member(tag, attributes["name"], line, comment, attributes.get("type", ""), attributes.get("access", ""))
            self.interfaces[-1].members.append(self.member)
        elif tag == "arg":
            usual = "out" if self.member.kind == "signal" else "in"
            self.member.args.append(Arg(attributes.get("name", ""), attributes["type"], attributes.get("direction", usual)))
        elif tag == "annotation":
            self.member.annotations[attributes["name"]] = attributes["value"]

    def on_end(self, tag):
        if tag in MEMBERS:
            self.member = self.interfaces[-1].head
        self.comment = ""


def read_file(path, shown=None):
    return Reader(shown or str(path)).read(pathlib.Path(path).read_text(encoding="utf-8"))


def read_folder(folder):
    """All interfaces below a folder, by name; the shown paths are as of the checkout's root."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        shown = path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path
        found.update((interface.name, interface) for interface in read_file(path, str(shown)))
    return found


@dataclasses.dataclass
class Error:
    name: str
    meaning: str
    exit_status: int
    remedy: str


def errors():
    """What base/Errc has of each error, in its order."""
    header = (CHECKOUT / "base/Errc.h").read_text(encoding="utf-8")
    body = re.search(r"enum class Errc \{(.*?)^\};", header, re.DOTALL | re.MULTILINE)[1]
    source = (CHECKOUT / "base/Errc.cpp").read_text(encoding="utf-8")
    statuses = {name: int(value) for name, value in re.findall(r"^constexpr int (\w+) = (\d+);", source, re.MULTILINE)}
    row = r'ErrcInfo\{\s*Errc::(\w+),\s*"\w+"_L1,\s*(\w+),\s*((?:"[^"]*"(?:_L1)?\s*)+)\}'
    rows = {name: (statuses[status], "".join(re.findall(r'"([^"]*)"', text))) for name, status, text in re.findall(row, source)}
    found = [(name, meaning) for name, meaning in re.findall(r"^\s*(\w+),\s*///< (.*)$", body, re.MULTILINE)]
    if len(found) != len(rows) or any(name not in rows for name, _ in found):
        raise ValueError("base/Errc.h and base/Errc.cpp do not have the same errors, one a line")
    return [Error(name, meaning, *rows[name]) for name, meaning in found]
