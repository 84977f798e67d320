# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lockstep's D-Bus API as other programs use it: from Python, on the host, as any user."""

import dataclasses
import json
import shlex

ROOT = "/org/lockstep/Lockstep1"
OURS = "org.lockstep.Lockstep1."

# Reads calls as JSON lines, prints what came of each as a JSON line: its error's name and text, or the value.
PROGRAM = """
import dbus, json, sys
bus = dbus.SystemBus()
def options(**given):
    return dbus.Dictionary({key.replace("_", "-"): value for key, value in given.items()}, signature="sv")
for line in sys.stdin:
    call = json.loads(line)
    try:
        values = eval(call["arguments"], {"dbus": dbus, "options": options})
        value = bus.call_blocking("org.lockstep.Lockstep1", call["path"], call["interface"], call["method"],
                                  call["signature"], values, timeout=call["timeout"])
        print(json.dumps(["", "", value], default=str))
    except dbus.DBusException as error:
        print(json.dumps([error.get_dbus_name(), error.get_dbus_message()[:2000], None]))
"""


@dataclasses.dataclass
class Call:
    """One call. `path` is below /org/lockstep/Lockstep1; a bare interface, "Pair", is one of ours; `arguments` is
    a Python tuple as text, with dbus.TYPE(...) and options(key=value) where the signature (None: guessed) does not tell."""

    path: str
    interface: str
    method: str
    arguments: str = "()"
    signature: str | None = None
    timeout: float = 25

    def __str__(self):
        shown = self.arguments if len(self.arguments) < 60 else f"{self.arguments[:60]}..."
        return f"{self.interface}.{self.method}{shown} of {self.path or '/'}"

    def line(self):
        interface = self.interface if "." in self.interface else OURS + self.interface
        return json.dumps({**dataclasses.asdict(self), "path": ROOT + self.path, "interface": interface})


@dataclasses.dataclass
class Answer:
    """What came of a call: `error` is empty if it went well, else the error's name without org.lockstep.Error."""

    error: str
    message: str
    remedy: str
    value: object = None


def paths(host):
    """The path of an object of each interface on a host, by the interface's name: {"Manager": "", "Pair": ...}."""
    managed, = ask(host, [Call("", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")])
    found = {"Manager": ""}
    for path, interfaces in managed.value.items():
        for interface in interfaces:
            if interface.startswith(OURS):
                found.setdefault(interface.removeprefix(OURS), path.removeprefix(ROOT))
    return found


def as_user(user):
    """The words before a command that a user's shell would run; none for root."""
    if user == "root":
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]


def ask(host, calls, user="root"):
    """Does these calls one after the other, as a user of the host. Returns an Answer for each."""
    calls = list(calls)
    words = [*as_user(user), "python3", "-c", PROGRAM]
    out = host.shell(shlex.join(words), input="".join(call.line() + "\n" for call in calls), timeout=120).out
    answers = []
    for name, text, value in map(json.loads, out.splitlines()):
        message, _, remedy = text.partition("\n")
        answers.append(Answer(name.removeprefix("org.lockstep.Error."), message.strip(), remedy.strip(), value))
    if len(answers) != len(calls):
        raise AssertionError(f"{len(answers)} answers to {len(calls)} calls of {user} on {host}: {out}")
    return answers
