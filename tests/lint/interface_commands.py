# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which command does what a method of the D-Bus API does: what the API can do, somebody at a terminal can do.
check-interfaces holds this table to the XML, to docs/commands.json and to what cli/ calls."""

import re

FOR_PROTECT = {
    "image-directory": "--image-directory",
    "arbiter": "--arbiter",
    "on-arbiter-loss": "--on-arbiter-loss",
    "auto-protect": "--auto-protect",
    "reuse-disks": "--reuse-disks",
    "mode": "--mode",
    "period": "--period",
}
SETTINGS = ("arbiter", "on-arbiter-loss", "auto-protect", "reuse-disks", "mode", "period", "max-exposure",
            "max-stopped", "idle-period", "compare-timeout", "scan-cycle", "queue-limit", "bandwidth", "copy-speed", "channels", "compression")
# The command of each method, with the options that make it call it, and how it has the method's own options: as an option
# of its own, as a positional argument, or as values of one, "key=".
TABLE = {
    "Job.Cancel": ("job cancel", {}),
    "Manager.AddPeer": ("peer add", {"name": "--name"}),
    "Manager.Doctor": ("doctor", {"hosts": "--host"}),
    "Manager.DrainHost": ("host drain", {}),
    "Manager.FindPair": ("show", {}),
    "Manager.FindPeer": ("peer show", {}),
    "Manager.GetConfiguration": ("config", {}),
    # Ids are for programs: --follow asks for what came after the last one, --since takes times.
    "Manager.GetEvents": ("events", {"domain": "DOMAIN", "since": "--follow", "limit": "--limit"}),
    "Manager.ListDomains": ("list --all", {}),
    "Manager.Plan": ("protect --dry-run", FOR_PROTECT),
    "Manager.Preflight": ("preflight", {"image-directory": "--image-directory", "reuse-disks": "--reuse-disks"}),
    "Manager.ProbePeer": ("peer probe", {}),
    "Manager.Protect": ("protect", FOR_PROTECT),
    "Manager.TryQemu": ("doctor --probe", {}),
    "Pair.ContinueAlone": ("continue-alone", {"force": "--force"}),
    "Pair.GetStatistics": ("stats", {"checkpoints": "--checkpoints"}),
    "Pair.SetSettings": ("set", {key: f"{key}=" for key in SETTINGS}),
    "Pair.SwitchOver": ("switchover", {}),
    "Pair.TakeOver": ("takeover", {}),
    "Pair.Unprotect": ("unprotect", {}),
    "Peer.Accept": ("peer accept", {}),
    "Peer.Remove": ("peer remove", {}),
    "Peer.SetHeartbeat": ("peer set", {"interval-ms": "--heartbeat-interval", "timeout-ms": "--heartbeat-timeout",
                                       "second-path": "--second-path"}),
}
# What no command has, "Interface.Method" or "Interface.Method option", and why.
WITHOUT = {
    "Pair.GetStatistics points": "charts have as many as fit",
    "Manager.Preflight arbiter": "it does not change what is found",
    "Manager.Preflight on-arbiter-loss": "it does not change what is found",
    "Manager.Preflight auto-protect": "it does not change what is found",
    "Manager.Preflight mode": "it does not change what is found",
    "Manager.Preflight period": "it does not change what is found",
}


def clauses(member):
    """What the comment says of each argument: (names, text)."""
    arguments = {arg.name for arg in member.args}
    names, lines = set(), []
    for line in member.comment.splitlines():
        label = re.match(r"([\w ,]+?):", line)
        words = set(label[1].split(", ")) if label else set()
        if words & arguments or words & {"Errors", "Errors of the job", "polkit"}:
            yield names, " ".join(lines)
            names, lines = words & arguments, []
        lines.append(line)
    yield names, " ".join(lines)


def options(member, members):
    """The keys that the method's a{sv} may have, as its comment lists them: "key" (type)."""
    keys = []
    for names, text in clauses(member):
        if "options" not in names:
            continue
        keys += re.findall(r'"([a-z][a-z-]*)" \(', text)
        for other in re.findall(r"\bas of ([A-Z]\w+)\b", text):
            keys += [key for same in members if same.name == other and same is not member for key in options(same, members)]
    return list(dict.fromkeys(keys))


def called(sources):
    """"Interface.Method" of each call of a generated proxy in cli/, whose text this is."""
    return {f"{interface}.{method}"
            for interface, method in re.findall(r"\b(Manager|Pair|Peer|Job)\{\*m_connection, \w+\}\s*\.([A-Z]\w+)\(", sources)}


def has(command, way):
    """Whether a command, as docs/commands.json has it, takes that option, argument or "key=" value."""
    if way.startswith("--"):
        return any(way in option["names"] for option in command["options"])
    if way.endswith("="):
        return any(value.startswith(way) for argument in command["positionals"] for value in argument["values"])
    return any(argument["name"] == way for argument in command["positionals"])


def command_problems(name, known, entry, tree):
    words, ways = entry
    command_name = re.sub(r" --.*", "", words)
    command = next((command for command in tree["commands"] if command["name"] == command_name), None)
    if command is None:
        yield f"{name}: there is no command '{command_name}'"
        return
    for way in re.findall(r"--\S+", words):
        if not has(command, way):
            yield f"{name}: '{command_name}' has no option {way}"
    for key, way in ways.items():
        if key not in known:
            yield f'{name} has no option "{key}"'
        if not has(command, way):
            yield f"{name}: '{command_name}' has no {way} for \"{key}\""


def uncovered(interfaces, tree, calls, table, without):
    """A text for each method, and for each option of one, that no command has, and for each mistake in the table."""
    left, excuses = dict(table), dict(without)
    for interface in interfaces.values():
        short = interface.name.rpartition(".")[2]
        methods = [member for member in interface.members if member.kind == "method"]
        for method in methods:
            name, keys = f"{short}.{method.name}", options(method, methods)
            if excuses.pop(name, None):
                continue
            if name not in left:
                yield f"{name}: no command does it; add one, or say why not"
                continue
            if name not in calls:
                yield f"{name} is not called in cli/"
            entry = left.pop(name)
            yield from command_problems(name, keys, entry, tree)
            for key in keys:
                if not excuses.pop(f"{name} {key}", None) and key not in entry[1]:
                    yield f'{name}: no command has its option "{key}"; add one, or say why not'
    yield from (f"there is no method {name}" for name in left)
    yield from (f"nothing is there, or nothing said why, that no command has: {name}" for name in excuses)
