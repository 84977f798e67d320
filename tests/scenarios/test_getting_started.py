# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/getting-started.md, done as it stands there: each command, and what it prints."""

import pathlib
import re

from harness import Failure, wait_for

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "getting-started.md"
# What is on the page, and what it is in the lab.
ADDRESSES = {"10.0.0.1": "alpha-dedicated", "10.0.0.2": "beta-dedicated"}
# These only look, so they may be asked until they say what the page says.
LOOKS = ("lockstep list", "lockstep peer list", "lockstep events", "virsh domstate")


class Step:
    """A command with what it prints, or what happens to the lab (host is "lab")."""

    def __init__(self, host, command, line):
        self.host, self.command, self.line, self.shown = host, command, line, []

    def __repr__(self):
        return f"{PAGE.name}:{self.line}: {self.host}# {self.command}"

    def is_asked(self):
        return any("Type yes" in line for line in self.shown)

    def pattern(self):
        """Matches what the page shows: `…` is anything, and columns may be wider."""
        found = ""
        for line in self.shown:
            words = line.split()
            asked = "Type yes" in line  # the answer need not be echoed
            for word in words[:-1] if asked else words:
                found += ".*?" if word == "…" else rf"(?<!\S){re.escape(word)}(?!\S)\s*"
            found += r"(?:yes)?\s*" if asked else ""
        return found

    def is_shown(self, output):
        return re.search(self.pattern(), output, re.DOTALL) is not None


def steps(text):
    """The page's steps, in order. Every console block belongs to them."""
    found, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        event = re.fullmatch(r"<!-- lab: (.+) -->", line)
        typed = re.fullmatch(r"(\w+)# (.+)", line)
        if event:
            found.append(Step("lab", event[1], number))
        elif line.startswith("```"):
            inside = line == "```console"
        elif inside and typed:
            found.append(Step(typed[1], typed[2], number))
        elif inside:
            found[-1].shown.append(line)
    return found


def bring_package(lab, name):
    """The package that the host's own lockstep is from, to where commands are run."""
    lab.host(name).shell("cp /usr/share/lockstep-lab/packages/lockstep_*.deb .")


def happen(lab, words):
    verb, name = words.split()
    does = {"guest": lab.guest, "unplug": lab.unplug, "plug": lab.plug, "package": lambda host: bring_package(lab, host)}
    does[verb](name)


def run(lab, step):
    words = [ADDRESSES.get(word, word) for word in step.command.split()]
    host = lab.host(step.host)
    if step.is_asked():
        # A terminal, at which somebody types yes.
        result = host.run("script", "--quiet", "--return", "--command", " ".join(words), "/dev/null",
                          input="yes\n", timeout=120)
    else:
        result = host.run(*words, timeout=240)
    output = (result.out + result.err).replace("\r", "")
    if not step.is_shown(output):
        raise Failure(f"{step}: printed\n{output}\nand the page shows\n" + "\n".join(step.shown))


def do(lab, step):
    if step.host == "lab":
        happen(lab, step.command)
    elif step.command.startswith(LOOKS):
        def looked():
            run(lab, step)
            return True
        wait_for(looked, 60, str(step), every=0.5)
    else:
        run(lab, step)


def test_every_command_of_the_page(lab):
    lab.reset(paired=False)
    try:
        for step in steps(PAGE.read_text(encoding="utf-8")):
            do(lab, step)
    finally:
        for host in lab.hypervisors:
            host.run("bash", "-c", "rm -f ./lockstep_*.deb", check=False)


test_every_command_of_the_page.deadline = 600
