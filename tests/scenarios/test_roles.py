# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what, with polkit's own daemon and users who are nobody special."""

import pathlib
import re
import xml.etree.ElementTree as ElementTree

from faults.refusal import DENIED, Unchanged
from harness import Failure, equal, wait_for
from harness.bus import OURS, Call, as_user, ask, paths

INTERFACES = pathlib.Path(__file__).resolve().parents[2] / "dbus"
EVERYBODY = "everybody"
LOOK, SETTINGS, PROTECT, TAKE_OVER, PEERS = ACTIONS = (
    "look", "change-settings", "protect", "takeover", "manage-peers")

# Every method there is: the action that it needs, and arguments that the daemon refuses once it has let the caller
# in, so that nothing is changed by who may.
WRONG = "options(no_such_option=1)"
METHODS = {
    "Manager.Preflight": (LOOK, f"('web', 'beta', {WRONG})"),
    "Manager.Plan": (LOOK, f"('web', 'beta', {WRONG})"),
    "Manager.ProbePeer": (LOOK, f"('no address', {WRONG})"),
    "Manager.Protect": (PROTECT, f"('web', 'beta', {WRONG})"),
    "Manager.DrainHost": (TAKE_OVER, f"({WRONG},)"),
    "Manager.AddPeer": (PEERS, f"('beta', 'no fingerprint', {WRONG})"),
    "Manager.FindPair": (EVERYBODY, "('web', options())"),
    "Manager.FindPeer": (EVERYBODY, "('beta', options())"),
    "Manager.GetEvents": (EVERYBODY, "(options(),)"),
    "Manager.ListDomains": (LOOK, f"({WRONG},)"),
    "Manager.GetConfiguration": (LOOK, f"({WRONG},)"),
    "Manager.Doctor": (LOOK, f"({WRONG},)"),
    "Manager.TryQemu": (PROTECT, f"({WRONG},)"),
    "Pair.TakeOver": (TAKE_OVER, f"({WRONG},)"),
    "Pair.SwitchOver": (TAKE_OVER, f"({WRONG},)"),
    "Pair.ContinueAlone": (TAKE_OVER, f"({WRONG},)"),
    "Pair.Unprotect": (PROTECT, f"({WRONG},)"),
    "Pair.SetSettings": (SETTINGS, f"({WRONG},)"),
    "Pair.GetStatistics": (EVERYBODY, "(dbus.UInt64(0), dbus.UInt64(0), options())"),
    "Peer.Accept": (PEERS, f"('no fingerprint', {WRONG})"),
    "Peer.SetHeartbeat": (SETTINGS, f"({WRONG},)"),
    "Peer.Remove": (PEERS, f"({WRONG},)"),
    "Job.Cancel": (PROTECT, f"({WRONG},)"),  # of a job that protects, and has ended
}
# What an allowed call fails with, because of its arguments.
AFTERWARDS = ("InvalidArgument", "Busy")


def documented():
    """Methods by name with the action that the interfaces' own text says they need; none for Cancel, which needs the
    one that the job needed."""
    found = {}
    for path in sorted(INTERFACES.glob("*.xml")):
        text = path.read_text(encoding="utf-8")
        for interface in ElementTree.fromstring(text).findall("interface"):
            for method in interface.findall("method"):
                name = method.get("name")
                before = text[:text.index(f'<method name="{name}">')]
                action = re.search(r"polkit:\s+org\.lockstep\.Lockstep1\.([a-z-]+)", before[before.rindex("<!--"):])
                found[f"{interface.get('name').rpartition('.')[2]}.{name}"] = action[1] if action else None
    return found


def calls(lab):
    where = paths(lab.alpha)
    return {name: Call(where[name.partition(".")[0]], *name.split("."), arguments)
            for name, (_, arguments) in METHODS.items()}


def add_users(host):
    """"plain", and "member" of group lockstep, which the package has made."""
    host.shell("id plain >/dev/null 2>&1 || useradd --no-create-home plain\n"
               "id member >/dev/null 2>&1 || useradd --no-create-home --groups lockstep member")


def allowed(lab, user):
    """The methods that the daemon lets a user in for; each answer must be one of the two."""
    wanted = calls(lab)
    found = set()
    for name, answer in zip(wanted, ask(lab.alpha, wanted.values(), user)):
        if answer.error == "NotAuthorized":
            if not answer.message or not answer.remedy:
                raise Failure(f"{name} as {user} does not say why not, and what to do: {answer}")
            continue
        if METHODS[name][0] == EVERYBODY and answer.error:
            raise Failure(f"{name} as {user}: {answer}")
        if METHODS[name][0] != EVERYBODY and answer.error not in AFTERWARDS:
            raise Failure(f"{name} as {user} does not fail for its arguments: {answer}")
        found.add(name)
    return found


def methods_of(*actions):
    return {name for name, (action, _) in METHODS.items() if action in (EVERYBODY, *actions)}


def protected(lab):
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", guest.name)
    lab.protect(guest)
    add_users(lab.alpha)
    return guest


def test_each_method_for_each_role(lab):
    """A plain user looks; group lockstep and root do all."""
    wanted = {name: None if action == EVERYBODY else action for name, (action, _) in METHODS.items()}
    equal(documented(), {**wanted, "Job.Cancel": None}, "methods with their actions: dbus/*.xml against this file")
    guest = protected(lab)
    with Unchanged(lab, guest):
        equal(allowed(lab, "plain"), methods_of(), "what a plain user may")
        equal(allowed(lab, "member"), methods_of(*ACTIONS), "what a member of group lockstep may")
        equal(allowed(lab, "root"), methods_of(*ACTIONS), "what root may")
    # Who it was is in the log.
    log = lab.alpha.log()
    for who, verdict in (("plain", "denied to plain (uid "), ("member", "allowed to member (uid "),
                         ("root", "allowed to root (uid 0")):
        for change in ("protect web towards beta (no-such-option=", "unprotect web (", "take over web (",
                       "set heartbeats of peer beta (", "remove peer beta (", "cancel job 1 (protect web)"):
            if not any(change in line and verdict in line for line in log.splitlines()):
                raise Failure(f"the log does not tell that {who} asked for '{change}...':\n{log}")


def test_each_action_alone(lab):
    """A site may give a user one action and no other: each method belongs to the right one."""
    guest = protected(lab)
    rules = "/etc/polkit-1/rules.d/10-scenario.rules"
    lookers = [Call("", "Manager", "ProbePeer", "('no address', options())")]
    try:
        with Unchanged(lab, guest):
            for action in ACTIONS:
                lab.alpha.shell(
                    f"""cat > {rules}.new && mv {rules}.new {rules}""",
                    input=f"""polkit.addRule(function(action, subject) {{
                        if (subject.user == "plain" && action.id.indexOf("org.lockstep.Lockstep1.") == 0)
                            return action.id == "org.lockstep.Lockstep1.{action}" ? polkit.Result.YES : polkit.Result.NO;
                    }});""")
                # polkitd notices by itself.
                wait_for(lambda: allowed(lab, "plain") == methods_of(action), 30,
                         lambda: f"with {action} alone a user may {sorted(methods_of(action))} "
                                 f"(may {sorted(allowed(lab, 'plain'))})", every=0.5)
    finally:
        lab.alpha.run("rm", "-f", rules)
    wait_for(lambda: ask(lab.alpha, lookers, "plain")[0].error == "NotAuthorized", 30, "the rule is gone", every=0.5)


def test_everybody_reads_and_nobody_writes(lab):
    """Properties of all objects; D-Bus's own ways to write are closed to root as well."""
    guest = protected(lab)
    properties = "org.freedesktop.DBus.Properties"
    with Unchanged(lab, guest):
        for user in ("plain", "member", "root"):
            for interface, path in paths(lab.alpha).items():
                all_of, = ask(lab.alpha, [Call(path, properties, "GetAll", f"('{OURS}{interface}',)")], user)
                if all_of.error or not all_of.value:
                    raise Failure(f"{user} reads {interface}: {all_of}")
                writes = [Call(path, properties, "Set", f"('{OURS}{interface}', '{name}', dbus.String('x', variant_level=1))")
                          for name in all_of.value]
                for call, answer in zip(writes, ask(lab.alpha, writes, user)):
                    if not re.fullmatch(r"org\.freedesktop\.DBus\.Error\.(PropertyReadOnly|AccessDenied|InvalidArgs)",
                                        answer.error):
                        raise Failure(f"{user} writes: {call}: {answer}")
            strange = [Call("", OURS + "Root", "Become"), Call("", "Manager", "NoSuchMethod"),
                       Call("", "org.freedesktop.systemd1.Manager", "PowerOff")]
            for call, answer in zip(strange, ask(lab.alpha, strange, user)):
                if not re.fullmatch(r"org\.freedesktop\.DBus\.Error\.(Unknown(Method|Interface)|AccessDenied)", answer.error):
                    raise Failure(f"{user} calls what is not there: {call}: {answer}")


def test_the_command_line_for_each_role(lab):
    """What users see: a clear refusal with its own exit status, or the work done."""
    guest = protected(lab)
    alpha = lab.alpha
    alpha.shell("id tester >/dev/null 2>&1 || useradd --no-create-home tester")

    def run(user, *words):
        return alpha.run(*as_user(user), "lockstep", *words, check=False)

    with Unchanged(lab, guest):
        for words in (("protect", "web", "beta"), ("preflight", "web", "beta"), ("unprotect", "web"),
                      ("takeover", "web", "--yes"), ("switchover", "web"), ("continue-alone", "web", "--yes"),
                      ("host", "drain"), ("peer", "remove", "beta"), ("peer", "set", "beta", "--heartbeat-timeout", "900"),
                      ("peer", "add", "beta-dedicated", "--yes"), ("peer", "accept", "beta", "--yes"), ("job", "cancel", "1"),
                      ("set", "web", "auto-protect=yes"), ("config",), ("config", "control.port"), ("doctor",),
                      ("list", "--all")):
            result = run("plain", *words)
            equal((result.status, result.out), (DENIED, ""), f"'lockstep {' '.join(words)}' as a user ({result.err})")
            if not re.fullmatch(r"error: .*\n  what to do: .*group lockstep.*\n", result.err):
                raise Failure(f"lockstep {' '.join(words)} as a user says: {result.err}")
        for words in (("list",), ("show", "web"), ("events", "web"), ("peer", "list"), ("job", "list")):
            equal(run("plain", *words).status, 0, f"'lockstep {' '.join(words)}' as a user")
        for words in (("config",), ("list", "--all")):
            equal(run("member", *words).status, 0, f"'lockstep {' '.join(words)}' as a member of group lockstep")
    result = run("member", "set", "web", "auto-protect=yes")
    equal((result.status, {"auto-protect=yes", "reuse-disks=no"} - set(result.out.split())), (0, set()),
          f"settings by a member of group lockstep, and what is missing of them ({result.out}{result.err})")
    result = run("member", "unprotect", "web")
    equal(result.status, 0, f"unprotect by a member of group lockstep ({result.err})")
    lab.beta.wait_state("web", "none")
    asked = [event for event in alpha.lockstep("events", "web") if event.get("fields", {}).get("by") == "member"]
    equal([event["text"] for event in asked], ["job 2 (unprotect) was asked for by member", "job 2 (unprotect) is done"],
          "the events of the job that a member began")
