# SPDX-License-Identifier: LGPL-2.1-or-later
"""Wrong uses of lockstep and of its D-Bus API: each gets one clear line, one that says what to do, and the exit
status that docs/cli.md promises; the daemon is unharmed."""

import dataclasses
import json
import re
import time

from faults.refusal import DENIED, FAILED, FORGED, NO_DAEMON, TIMED_OUT, USAGE, Unchanged
from harness import Failure, at_most, equal, wait_for
from harness.bus import OURS, Call, as_user, ask, paths

UNKNOWN = "nowhere"
UNKNOWN_UUID = "00000000-0000-0000-0000-00000000dead"
LONG = "x" * 100_000
LONGEST_LINE = 400

# Command lines: the words, the error, and what the two lines have to mention. The status is 2 for wrong usage, else 1.
USES = [
    # Words that mean nothing, and words that are missing.
    (("frobnicate",), "InvalidArgument", "frobnicate"),
    (("--no-such-option",), "InvalidArgument", "no-such-option"),
    (("list", "extra"), "InvalidArgument", "extra"),
    (("list", "--frob"), "InvalidArgument", "--frob"),
    (("peer",), "InvalidArgument", "lockstep peer --help"),
    (("peer", "frob"), "InvalidArgument", "frob"),
    (("host",), "InvalidArgument", "lockstep host --help"),
    (("job", "frob"), "InvalidArgument", "frob"),
    (("show",), "InvalidArgument", "DOMAIN"),
    (("protect",), "InvalidArgument", "DOMAIN"),
    (("takeover",), "InvalidArgument", "DOMAIN"),
    (("unprotect", "--yes"), "InvalidArgument", "lockstep unprotect --help"),
    (("peer", "add"), "InvalidArgument", "ADDRESS"),
    (("peer", "show"), "InvalidArgument", "PEER"),
    (("job", "show"), "InvalidArgument", "JOB"),
    (("job", "wait"), "InvalidArgument", "JOB"),
    (("peer", "probe"), "InvalidArgument", "ADDRESS"),
    (("preflight",), "InvalidArgument", "DOMAIN"),
    (("protect", "web", "beta", "gamma"), "InvalidArgument", "gamma"),
    (("protect", "web", "beta", "--image-dir", "/x"), "InvalidArgument", "--image-dir"),
    (("protect", "web", "beta", "--arbiter"), "InvalidArgument", "--arbiter"),
    # Values that cannot be.
    (("protect", "web", "beta", "--arbiter", "chance"), "InvalidArgument", "chance manual etcd fence"),
    (("protect", "web", "beta", "--on-arbiter-loss", "maybe"), "InvalidArgument", "maybe wait primary-continues"),
    (("events", "--limit", "0"), "InvalidArgument", "0 1 1000"),
    (("events", "--limit", "1001"), "InvalidArgument", "1001 1000"),
    (("events", "--limit", "ten"), "InvalidArgument", "ten"),
    (("events", "--since", "soon"), "InvalidArgument", "--since soon 30min"),
    (("events", "--since", ""), "InvalidArgument", "--since"),
    (("events", "--since", "2026-13-01"), "InvalidArgument", "2026-13-01"),
    (("job", "show", "abc"), "InvalidArgument", "abc"),
    (("job", "wait", "abc"), "InvalidArgument", "abc"),
    (("job", "show", "-1"), "InvalidArgument", "-1"),
    (("job", "cancel", "99999999999999999999999"), "InvalidArgument", "JOB"),
    (("peer", "set", "beta"), "InvalidArgument", "nothing to set"),
    (("peer", "set", "beta", "--heartbeat-interval", "5"), "InvalidArgument", "20"),
    (("peer", "set", "beta", "--heartbeat-interval", "often"), "InvalidArgument", "often"),
    (("peer", "set", "beta", "--heartbeat-timeout", "10001"), "InvalidArgument", "10000"),
    (("peer", "set", "beta", "--second-path", "not an address"), "InvalidArgument", "not an address"),
    (("peer", "add", ""), "InvalidArgument", "address"),
    (("peer", "add", "two words"), "InvalidArgument", "two words"),
    (("peer", "add", "10.77.0.2:99999", "--yes"), "InvalidArgument", "99999"),
    (("peer", "add", "[::1", "--yes"), "InvalidArgument", "[::1"),
    (("peer", "add", "10.77.0.2", "--fingerprint", "abc"), "InvalidArgument", "abc 64"),
    (("peer", "add", "no-such-host.invalid", "--yes"), "PeerUnreachable", "no-such-host.invalid"),
    (("peer", "probe", ""), "InvalidArgument", "address"),
    (("peer", "probe", "10.77.0.2:99999"), "InvalidArgument", "99999"),
    (("peer", "probe", "no-such-host.invalid"), "PeerUnreachable", "no-such-host.invalid"),
    (("set",), "InvalidArgument", "DOMAIN"),
    (("set", "web"), "InvalidArgument", "SETTING"),
    (("set", "web", "arbiter"), "InvalidArgument", "KEY=VALUE"),
    (("set", "web", "arbiter=chance"), "InvalidArgument", "chance manual etcd fence"),
    (("set", "web", "colour=red"), "InvalidArgument", "colour"),
    (("set", "web", "auto-protect=yes", "auto-protect=no"), "InvalidArgument", "twice"),
    (("set", "web", "auto-protect=perhaps"), "InvalidArgument", "perhaps yes no"),
    (("protect", "web", "beta", "--timeout", "soon"), "InvalidArgument", "soon"),
    (("list", "--timeout", "0"), "InvalidArgument", "--timeout 0 86400"),
    (("list", "--timeout", "86401"), "InvalidArgument", "--timeout 86401 86400"),
    (("peer", "show", "beta", "--timeout"), "InvalidArgument", "--timeout"),
    (("help", "frob"), "InvalidArgument", "frob"),
    (("config", "no.such.key"), "InvalidArgument", "no.such.key"),
    (("set", "web", LONG), "InvalidArgument", "KEY=VALUE"),
    (("set", "web", f"{LONG}=yes"), "InvalidArgument", "auto-protect"),
    (("set", "web", f"auto-protect={LONG}"), "InvalidArgument", "auto-protect yes no"),
    (("set", LONG, "auto-protect=yes"), "InvalidArgument", "100000 255"),
    (("config", LONG), "InvalidArgument", "lockstep config"),
    (("doctor", "--host", LONG), "InvalidArgument", "100000 255"),
    (("doctor", "--host"), "InvalidArgument", "--host"),
    (("doctor", "--host", UNKNOWN), "UnknownPeer", UNKNOWN),
    # Names of nothing; of all ways to write them.
    (("show", UNKNOWN), "UnknownDomain", UNKNOWN),
    (("show", UNKNOWN_UUID), "UnknownDomain", UNKNOWN_UUID),
    (("show", "6ad1c0f4-6d2b"), "UnknownDomain", "6ad1c0f4-6d2b"),
    (("show", "99999"), "UnknownDomain", "99999"),
    (("show", ""), "UnknownDomain", "virsh list"),
    (("show", "--", "-1"), "UnknownDomain", "-1"),
    (("show", "web\x1b[31m\x07"), "UnknownDomain", "[31m"),
    (("show", "web\nerror: all is well"), "UnknownDomain", "web"),
    (("show", b"\xff\xfeweb"), "UnknownDomain", "web"),
    (("show", LONG), "InvalidArgument", "100000 255"),
    (("protect", LONG, "beta"), "InvalidArgument", "100000 255"),
    (("protect", "web", "beta", "--image-directory", LONG), "InvalidArgument", "100000 image-directory"),
    (("peer", "add", LONG, "--yes"), "InvalidArgument", "100000"),
    (("peer", "probe", LONG), "InvalidArgument", "100000"),
    (("peer", "show", LONG), "InvalidArgument", "100000"),
    (("events", "--since", LONG), "InvalidArgument", "--since"),
    (("protect", UNKNOWN, "beta"), "UnknownDomain", UNKNOWN),
    (("protect", "web", UNKNOWN), "UnknownPeer", f"{UNKNOWN} peer"),
    (("protect", "web", "alpha"), "UnknownPeer", "alpha peer"),
    (("protect", "web"), "InvalidArgument", "web"),
    (("preflight", UNKNOWN, "beta"), "UnknownDomain", UNKNOWN),
    (("preflight", UNKNOWN), "UnknownDomain", UNKNOWN),
    (("preflight", "web"), "InvalidArgument", "web never"),
    (("preflight", "web", UNKNOWN), "UnknownPeer", UNKNOWN),
    (("takeover", UNKNOWN, "--yes"), "UnknownDomain", UNKNOWN),
    (("continue-alone", UNKNOWN, "--yes"), "UnknownDomain", UNKNOWN),
    (("unprotect", UNKNOWN), "UnknownDomain", UNKNOWN),
    (("peer", "show", UNKNOWN), "UnknownPeer", UNKNOWN),
    (("peer", "remove", UNKNOWN), "UnknownPeer", UNKNOWN),
    (("peer", "accept", UNKNOWN, "--yes"), "UnknownPeer", UNKNOWN),
    (("peer", "show", "deadbeef"), "UnknownPeer", "deadbeef"),
    (("job", "show", "999"), "UnknownJob", "999"),
    (("job", "wait", "999"), "UnknownJob", "999"),
    (("job", "cancel", "999"), "UnknownJob", "999"),
    # Things that are there, at the wrong time.
    (("takeover", "web", "--yes"), "UnknownPair", "web protect"),
    (("switchover", "web"), "UnknownPair", "web protect"),
    (("continue-alone", "web", "--yes"), "UnknownPair", "web protect"),
    (("unprotect", "web"), "UnknownPair", "web protect"),
    (("set", "web", "auto-protect=yes"), "UnknownPair", "web protect"),
    (("protect", "web", "beta"), "DomainNotRunning", "web virsh start"),
    (("peer", "add", "beta-dedicated", "--yes"), "PeerExists", "beta"),
]


# Calls over D-Bus, where nothing but the daemon checks: the call, its error, and what the message has to mention.
HUGE = "'x' * 1048576"
DEEP = "dbus.Array([dbus.Array([1], signature='i')], signature='ai')"
CALLS = [
    (Call("", "Manager", "Protect", "(1, 2)"), "InvalidArgs", "ssa{sv}"),
    (Call("", "Manager", "Protect", "('web', 'beta')"), "InvalidArgs", "ssa{sv}"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(), 'more')"), "InvalidArgs", "ssa{sv}"),
    (Call("", "Manager", "FindPair", "(dbus.UInt32(3), options())"), "InvalidArgs", "sa{sv}"),
    (Call("", "Manager", "FindPair", "('web',)"), "InvalidArgs", "sa{sv}"),
    (Call("", "Manager", "FindPair"), "InvalidArgs", "sa{sv}"),
    (Call("", "Manager", "NoSuchMethod"), "UnknownMethod", "NoSuchMethod"),
    (Call("", OURS + "Nonsense", "Protect"), "AccessDenied", "Nonsense"),
    (Call("/pair/nonsense", "Pair", "TakeOver", "(options(),)"), "UnknownObject", "/pair/nonsense"),
    (Call("/job/999", "Job", "Cancel", "(options(),)"), "UnknownObject", "/job/999"),
    (Call("", "org.freedesktop.DBus.Properties", "Get", f"('{OURS}Manager', 'Nothing')"), "UnknownProperty", "Nothing"),
    (Call("", "Manager", "Protect", "('nowhere', 'beta', options())"), "UnknownDomain", "nowhere"),
    (Call("", "Manager", "Protect", "('web', 'nowhere', options())"), "UnknownPeer", "nowhere"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(image_dir='x'))"), "InvalidArgument", "image-dir"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(image_directory=7))"), "InvalidArgument", "image-directory"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(auto_protect='yes'))"), "InvalidArgument", "auto-protect"),
    (Call("", "Manager", "Protect", f"('web', 'beta', options(arbiter={DEEP}))"), "InvalidArgument", "arbiter"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(arbiter='chance'))"), "InvalidArgument", "chance"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(on_arbiter_loss='primary-continues'))"), "InvalidArgument",
     "etcd"),
    (Call("", "Manager", "Protect", f"({HUGE}, 'beta', options())"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "Protect", f"('web', {HUGE}, options())"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "Protect", f"('web', 'beta', options(image_directory={HUGE}))"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "Protect", f"('web', 'beta', options(**{{{HUGE}: True}}))"), "InvalidArgument", "unknown option"),
    (Call("", "Manager", "Protect", "('web', 'beta', options(**{'x%d' % n: True for n in range(5000)}))"),
     "InvalidArgument", "unknown option"),
    (Call("", "Manager", "FindPair", f"({HUGE}, options())"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "FindPeer", f"({HUGE}, options())"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "FindPair", "('we\\x1b[31mb\\n', options())"), "UnknownDomain", "we"),
    (Call("", "Manager", "ProbePeer", f"({HUGE}, options())"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "ProbePeer", "('', options())"), "InvalidArgument", "address"),
    (Call("", "Manager", "AddPeer", "('beta-dedicated', 'xyz', options())"), "InvalidArgument", "xyz"),
    (Call("", "Manager", "AddPeer", f"('beta-dedicated', {HUGE}, options())"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "AddPeer", f"('beta-dedicated', '{FORGED}', options(name='a b'))"), "InvalidArgument", "a b"),
    (Call("", "Manager", "GetEvents", "(options(limit=dbus.UInt64(0)),)"), "InvalidArgument", "limit"),
    (Call("", "Manager", "GetEvents", "(options(limit='ten'),)"), "InvalidArgument", "limit"),
    (Call("", "Manager", "GetEvents", f"(options(domain={HUGE}),)"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "DrainHost", "(options(force=True),)"), "InvalidArgument", "force"),
    (Call("", "Manager", "FindPair", "('web', options(any=True))"), "InvalidArgument", "any"),
    (Call("", "Manager", "FindPeer", "('beta', options(any=True))"), "InvalidArgument", "any"),
    (Call("", "Manager", "ProbePeer", "('beta-dedicated', options(port=1))"), "InvalidArgument", "port"),
    (Call("", "Manager", "ListDomains", "(options(all=True),)"), "InvalidArgument", "all"),
    (Call("", "Manager", "GetConfiguration", "(options(key='x'),)"), "InvalidArgument", "key"),
    (Call("", "Manager", "AddPeer", f"('beta-dedicated', '{FORGED}', options(name='x' * 4000))"), "InvalidArgument", "name"),
    (Call("", "Manager", "Doctor", "(options(hosts='beta'),)"), "InvalidArgument", "hosts"),
    (Call("", "Manager", "Doctor", "(options(hosts=True),)"), "InvalidArgument", "hosts"),
    (Call("", "Manager", "Doctor", "(options(hosts=dbus.Array([1], signature='i')),)"), "InvalidArgument", "hosts"),
    (Call("", "Manager", "Doctor", f"(options(hosts={DEEP}),)"), "InvalidArgument", "hosts"),
    (Call("", "Manager", "Doctor", f"(options(hosts=dbus.Array([{HUGE}], signature='s')),)"), "InvalidArgument", "1048576"),
    (Call("", "Manager", "Doctor", "(options(hosts=dbus.Array(['nowhere'], signature='s')),)"), "UnknownPeer", "nowhere"),
    (Call("", "Manager", "Doctor", "(options(host='beta'),)"), "InvalidArgument", "host"),
    (Call("", "Manager", "Doctor", "(['beta'],)"), "InvalidArgs", "a{sv}"),
]

# Of a pair and of a peer; the paths of alpha's are put in front.
CALLS_OF_OBJECTS = [
    (Call("", "Pair", "SetSettings", "(True,)"), "InvalidArgs", "a{sv}"),
    (Call("", "Pair", "SetSettings"), "InvalidArgs", "a{sv}"),
    (Call("", "Pair", "SetSettings", "(options(),)"), "InvalidArgument", "nothing to set"),
    (Call("", "Pair", "SetSettings", "(options(colour='red'),)"), "InvalidArgument", "colour"),
    (Call("", "Pair", "SetSettings", "(options(auto_protect='yes'),)"), "InvalidArgument", "auto-protect"),
    (Call("", "Pair", "SetSettings", "(options(auto_protect=1),)"), "InvalidArgument", "auto-protect"),
    (Call("", "Pair", "SetSettings", "(options(reuse_disks=dbus.Array([True], signature='b')),)"), "InvalidArgument",
     "reuse-disks"),
    (Call("", "Pair", "SetSettings", "(options(arbiter=dbus.UInt64(1)),)"), "InvalidArgument", "arbiter"),
    (Call("", "Pair", "SetSettings", "(options(on_arbiter_loss=True),)"), "InvalidArgument", "on-arbiter-loss"),
    (Call("", "Pair", "SetSettings", f"(options(on_arbiter_loss={DEEP}),)"), "InvalidArgument", "on-arbiter-loss"),
    (Call("", "Pair", "SetSettings", f"(options(on_arbiter_loss={HUGE}),)"), "InvalidArgument", "primary-continues"),
    (Call("", "Pair", "SetSettings", "(options(on_arbiter_loss='maybe'),)"), "InvalidArgument", "maybe"),
    (Call("", "Pair", "SetSettings", "(options(on_arbiter_loss='primary-continues'),)"), "InvalidArgument", "etcd"),
    (Call("", "Pair", "SetSettings", f"(options(**{{{HUGE}: True}}),)"), "InvalidArgument", "no setting"),
    # Of two the first is good; nothing of it is done.
    (Call("", "Pair", "SetSettings", "(options(auto_protect=True, reuse_disks='no'),)"), "InvalidArgument", "reuse-disks"),
    (Call("", "Pair", "ContinueAlone", "(options(force='yes'),)"), "InvalidArgument", "force"),
    (Call("", "Pair", "ContinueAlone", "(options(force=1),)"), "InvalidArgument", "force"),
    (Call("", "Pair", "ContinueAlone", "(options(force=dbus.Array([True], signature='b')),)"), "InvalidArgument", "force"),
    (Call("", "Pair", "ContinueAlone", "(options(force=True, also=True),)"), "InvalidArgument", "also"),
    (Call("", "Pair", "ContinueAlone", "(True,)"), "InvalidArgs", "a{sv}"),
    (Call("", "Pair", "TakeOver", "(options(force=True),)"), "InvalidArgument", "force"),
    (Call("", "Pair", "SwitchOver", "(options(force=True),)"), "InvalidArgument", "force"),
    (Call("", "Pair", "Unprotect", "(options(force=True),)"), "InvalidArgument", "force"),
    (Call("", "Peer", "SetHeartbeat", "(options(interval_ms='100'),)"), "InvalidArgument", "interval-ms"),
    (Call("", "Peer", "SetHeartbeat", "(options(interval_ms=100),)"), "InvalidArgument", "interval-ms"),
    (Call("", "Peer", "SetHeartbeat", "(options(timeout_ms=-300),)"), "InvalidArgument", "timeout-ms"),
    (Call("", "Peer", "SetHeartbeat", "(options(timeout_ms=300.0),)"), "InvalidArgument", "timeout-ms"),
    (Call("", "Peer", "SetHeartbeat", "(options(interval_ms=dbus.UInt64(5)),)"), "InvalidArgument", "5 ms"),
    (Call("", "Peer", "SetHeartbeat", "(options(timeout_ms=dbus.UInt64(2 ** 64 - 1)),)"), "InvalidArgument", "timeout"),
    (Call("", "Peer", "SetHeartbeat", "(options(second_path=7),)"), "InvalidArgument", "second-path"),
    (Call("", "Peer", "SetHeartbeat", "(options(second_path='x' * 4000),)"), "InvalidArgument", "address"),
    (Call("", "Peer", "SetHeartbeat", f"(options(second_path={HUGE}),)"), "InvalidArgument", "1048576"),
    (Call("", "Peer", "SetHeartbeat", "(options(colour='red'),)"), "InvalidArgument", "colour"),
    (Call("", "Peer", "SetHeartbeat", "(True,)"), "InvalidArgs", "a{sv}"),
    (Call("", "Peer", "Accept", "(7,)"), "InvalidArgs", "s"),
    (Call("", "Peer", "Accept", f"({HUGE}, options())"), "InvalidArgument", "1048576"),
    (Call("", "Peer", "Remove", "(options(force=True),)"), "InvalidArgument", "force"),
]


def expect_two_lines(result, status, mentions, shown):
    """What a command says that cannot do what it was told."""
    equal(result.status, status, f"exit status of {shown} ({result.out}{result.err})")
    equal(result.out, "", f"standard output of {shown}")
    lines = result.err.splitlines()
    if len(lines) != 2 or not re.fullmatch(r"error: \S.*", lines[0]) or not re.fullmatch(r"  what to do: \S.*", lines[1]):
        raise Failure(f"{shown} does not say in one line what happened and in one what to do: {result.err!r}")
    if any(len(line) > LONGEST_LINE or not line.isprintable() for line in lines):
        raise Failure(f"{shown} says what is not fit for a terminal: {result.err!r}")
    for word in mentions.split():
        if word not in result.err:
            raise Failure(f"{shown} does not mention {word!r}: {result.err}")


def expect_json(result, status, name, shown):
    equal(result.status, status, f"exit status of {shown} with --json")
    error = json.loads(result.out)["error"]
    equal((error["name"], sorted(error)), (name, ["message", "name", "remedy"]), f"error of {shown} with --json ({error})")


class Unharmed:
    """lockstepd is the same process before and after, and answers."""

    def __init__(self, host):
        self.host = host

    def __enter__(self):
        self.process = self.host.run("pidof", "lockstepd").text
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            equal(self.host.run("pidof", "lockstepd").text, self.process, f"process of lockstepd on {self.host}")
            self.host.lockstep("list")


def lockstep(host, *words, user="root", bus=None):
    """lockstep as somebody types it; `bus`: another address of the system bus."""
    before = [] if bus is None else ["env", f"DBUS_SYSTEM_BUS_ADDRESS={bus}"]
    # As bash writes it: whatever is in the words gets there.
    script = " ".join("$'" + "".join(f"\\x{byte:02x}" for byte in (word if isinstance(word, bytes) else word.encode()))
                      + "'" if word else "''" for word in words)
    return host.run("bash", "-s", check=False,
                    input=f"exec {' '.join([*before, *as_user(user)])} lockstep {script} </dev/null\n")


def shown(words):
    return "lockstep " + " ".join(repr(word) if len(word) < 60 else f"({len(word)} characters)" for word in words)


def test_command_lines(lab):
    lab.guest("web", start=False)
    problems = []
    with Unchanged(lab), Unharmed(lab.alpha):
        for words, name, mentions in USES:
            status = USAGE if name == "InvalidArgument" else FAILED
            try:
                expect_two_lines(lockstep(lab.alpha, *words), status, mentions, shown(words))
                expect_json(lockstep(lab.alpha, "--json", *words), status, name, shown(words))
            except Failure as failure:  # one shall not hide another
                problems.append(str(failure))
    if problems:
        raise Failure(f"{len(problems)} of {len(USES)} wrong uses:\n" + "\n".join(problems))


def expect_errors(host, calls):
    """Each of these, as CALLS has them, is refused as it should be, and the log stays readable."""
    problems = []
    for (call, error, mentions), answer in zip(calls, ask(host, [call for call, _, _ in calls])):
        own = not answer.error.startswith("org.")
        if not re.fullmatch(error if own else rf"org\.freedesktop\.DBus\.Error\.{error}", answer.error):
            problems.append(f"{call}: {answer} instead of {error}")
        elif mentions not in answer.message or len(answer.message) > LONGEST_LINE or not answer.message.isprintable():
            problems.append(f"{call}: {answer.message!r} without {mentions!r}, or not fit for a terminal")
        elif own and not answer.remedy:
            problems.append(f"{call}: {answer} without a remedy")
    longest = max(host.log().splitlines(), key=len)
    if len(longest) > 2000:
        problems.append(f"the log has a line of {len(longest)} characters: {longest[:200]}...")
    if problems:
        raise Failure(f"{len(problems)} of {len(calls)} wrong calls:\n" + "\n".join(problems))


def test_calls_over_dbus(lab):
    lab.guest("web", start=False)
    lab.alpha.virsh("start", "web")
    with Unchanged(lab), Unharmed(lab.alpha):
        expect_errors(lab.alpha, CALLS)


def settings(host):
    """What wrong calls of a pair and of a peer must not change, and Unchanged does not look at."""
    peer = host.lockstep("peer", "show", "beta")
    return {name: peer[name] for name in ("heartbeat-interval-ms", "heartbeat-timeout-ms", "second-path")}


def test_calls_of_a_pair_and_a_peer(lab):
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", "web")
    lab.protect(guest)
    where = paths(lab.alpha)
    calls = [(dataclasses.replace(call, path=where[call.interface]), *rest) for call, *rest in CALLS_OF_OBJECTS]
    before, jobs = settings(lab.alpha), len(lab.alpha.jobs())
    with Unchanged(lab, guest), Unharmed(lab.alpha):
        expect_errors(lab.alpha, calls)
    equal(settings(lab.alpha), before, "heartbeats after wrong calls")
    equal(len(lab.alpha.jobs()), jobs, "jobs after wrong calls")


def test_bytes_that_are_no_text(lab):
    """A message that no library would send: the bus drops its sender, and the daemon does not hear of it."""
    with Unharmed(lab.alpha):
        out = lab.alpha.run("python3", "-c", NO_TEXT).text
        equal(out, "dropped", "what becomes of a client that sends invalid UTF-8")


# D-Bus's wire format (little-endian): Hello, then FindPair with the bytes ff fe for a string, and no options.
NO_TEXT = r"""
import socket, struct
def padded(data, to): return data + bytes(-len(data) % to)
def text(value): return struct.pack("<I", len(value)) + value + b"\0"
def field(code, kind, value):
    return struct.pack("<BB", code, 1) + kind + b"\0" + (value if kind != b"g" else value)
def message(serial, fields, body=b""):
    array = b""
    for entry in fields:
        array = padded(array, 8) + entry
    return padded(struct.pack("<cBBBIII", b"l", 1, 0, 1, len(body), serial, len(array)) + array, 8) + body
def call(serial, service, path, interface, member, signature=b"", body=b""):
    fields = [field(1, b"o", text(path)), field(6, b"s", text(service)), field(2, b"s", text(interface)),
              field(3, b"s", text(member))]
    if signature:
        fields.append(field(8, b"g", bytes([len(signature)]) + signature + b"\0"))
    return message(serial, fields, body)
bus = socket.socket(socket.AF_UNIX)
bus.settimeout(20)
bus.connect("/run/dbus/system_bus_socket")
bus.sendall(b"\0AUTH EXTERNAL 30\r\n")
assert bus.recv(100).startswith(b"OK")
bus.sendall(b"BEGIN\r\n" + call(1, b"org.freedesktop.DBus", b"/org/freedesktop/DBus", b"org.freedesktop.DBus", b"Hello"))
assert bus.recv(4096)
bus.sendall(call(2, b"org.lockstep.Lockstep1", b"/org/lockstep/Lockstep1", b"org.lockstep.Lockstep1.Manager",
                 b"FindPair", b"sa{sv}", padded(padded(text(b"\xff\xfe"), 4) + bytes(4), 8)))
try:
    while bus.recv(4096):
        pass
    print("dropped")
except ConnectionResetError:
    print("dropped")
except TimeoutError:
    print("still connected")
"""


def test_without_rights(lab):
    lab.guest("web", start=False)
    lab.alpha.shell("id plain >/dev/null 2>&1 || useradd --no-create-home plain")
    with Unchanged(lab), Unharmed(lab.alpha):
        for words in (("protect", "web", "beta"), ("preflight", "web", "beta"), ("peer", "add", "10.77.0.99", "--yes"),
                      ("peer", "probe", "10.77.0.99"), ("peer", "remove", "beta"), ("peer", "set", "beta", "--heartbeat-timeout", "900"),
                      ("host", "drain"), ("protect", LONG, "beta")):
            expect_two_lines(lockstep(lab.alpha, *words, user="plain"), DENIED, "lockstep", f"{shown(words)} as a user")


def test_without_a_daemon(lab):
    alpha = lab.alpha
    alpha.service("stop")
    for words in (("list",), ("protect", "web", "beta"), ("show", "web"), ("peer", "list"), ("peer", "add", "beta"),
                  ("job", "cancel", "1"), ("events",), ("doctor",), ("set", "web", "auto-protect=yes"), ("config",),
                  ("list", "--all")):
        expect_two_lines(lockstep(alpha, *words), NO_DAEMON, "lockstepd systemctl start", f"{shown(words)} without lockstepd")
    alpha.service("start")
    alpha.wait_service()


def test_a_daemon_that_hangs(lab):
    """Who sets a deadline hears within it, whatever the command; the daemon goes on when it can."""
    with Unharmed(lab.alpha):
        lab.freeze("alpha", "lockstepd")
        try:
            for words in (("list",), ("show", "web"), ("config",), ("protect", "web", "beta"), ("events", "--follow")):
                expect_two_lines(lockstep(lab.alpha, *words, "--timeout", "2"), TIMED_OUT,
                                 "systemctl journalctl --timeout", f"{shown(words)} while lockstepd hangs")
            begin = time.monotonic()
            in_json = lockstep(lab.alpha, "--json", "list", "--timeout", "2")
            took = time.monotonic() - begin
        finally:
            lab.thaw("alpha", "lockstepd")
        expect_json(in_json, TIMED_OUT, "Timeout", "list while lockstepd hangs")
        at_most(took, 15, "seconds of a command with a deadline of two")
    lab.wait_peers()


def test_without_a_bus(lab):
    with Unharmed(lab.alpha):
        for bus in ("unix:path=/nowhere", "unix:path=/etc/passwd", "nonsense", "tcp:host=127.0.0.1,port=1"):
            for words in (("list",), ("protect", "web", "beta")):
                expect_two_lines(lockstep(lab.alpha, *words, bus=bus), NO_DAEMON, "bus", f"{shown(words)} with the bus at {bus}")


def relayed(host, *words):
    """A command whose way to the bus is a relay, once its call is with the daemon. `words` must be of a call that
    the daemon takes a while to answer."""
    relay = host.start("socat", "UNIX-LISTEN:/tmp/relay", "UNIX-CONNECT:/run/dbus/system_bus_socket")
    wait_for(lambda: host.run("test", "-S", "/tmp/relay", check=False).status == 0, 20, "the relay listens")
    command = host.start("env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/tmp/relay", "lockstep", *words)
    return relay, command


def test_the_bus_goes_in_the_middle(lab):
    """First only for the caller, then, on a host without guests, for everybody: systemd starts what needs it anew."""
    # Nobody answers there, and the daemon waits for a connection.
    slow = ("peer", "add", "10.77.0.99", "--yes")
    alpha, beta = lab.alpha, lab.beta

    def asked(host):
        return wait_for(lambda: "SYN-SENT" in host.shell("ss -Htn state syn-sent dst 10.77.0.99 | sed s/^/SYN-SENT/").out,
                        20, f"lockstepd on {host} is at work", every=0)

    with Unharmed(alpha):
        relay, command = relayed(alpha, *slow)
        asked(alpha)
        relay.kill()
        alpha.run("pkill", "-f", "[U]NIX-LISTEN:/tmp/relay", check=False)
        expect_lost(command)
    command = beta.start("lockstep", *slow)
    asked(beta)
    beta.service("kill", "dbus")
    expect_lost(command)
    for service in ("dbus", "polkit", "virtlogd", "libvirtd", "lockstepd"):
        beta.lab.call("service", "beta", "start", service, check=False)
    beta.wait_service()
    lab.wait_peers()


def expect_lost(command):
    out, _ = command.communicate(timeout=60)
    equal(command.returncode, NO_DAEMON, f"exit status without a bus any more ({out})")
    if not re.fullmatch(r"error: .*\n  what to do: .*\n", out):
        raise Failure(f"lockstep does not say in two lines that the bus is gone: {out!r}")
