# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two people who do not know of each other give orders at once: one of them is told why not, or both get what they
asked for; the guest runs on one host, and nothing is left behind."""

import json

from faults.ground import boot
from faults.plain import expect_clean
from faults.refusal import FAILED, TIMED_OUT
from harness import Failure, equal, full_only, wait_for

REFUSALS = ("Busy", "AlreadyProtected", "WrongRole", "NotProtected", "NotInStep", "UnknownPair", "UnknownPeer",
            "PeerUnreachable", "PeerNotAccepted")


def both(first, second):
    """Runs two commands, each (host, words...), at the same time. Returns their JSON; a command that failed must have
    been refused, clearly and with the status of a failure."""
    running = [(words, host.start("lockstep", *words, "--json")) for host, *words in (first, second)]
    answers = []
    for words, process in running:
        out, _ = process.communicate(timeout=120)
        answer = json.loads(out[out.index("{"):])
        error = answer.get("error")
        if process.returncode != 0:
            equal(process.returncode, FAILED, f"exit status of lockstep {' '.join(map(str, words))} ({out})")
            if error["name"] not in REFUSALS or not error["message"] or not error["remedy"]:
                raise Failure(f"lockstep {' '.join(map(str, words))} does not say why not: {error}")
        answers.append((process.returncode, error))
    return answers


def expect_one_guest(lab, guest):
    running = [host.name for host in lab.hypervisors if host.domains().get(guest.name) == "running"]
    equal(len(running), 1, f"hosts that run {guest.name} ({running})")
    guest.wait_answers()


def test_protect_twice(lab):
    guest = boot(lab)
    for _ in range(3):
        answers = both((lab.alpha, "protect", "web", "beta"), (lab.alpha, "protect", "web", "beta"))
        equal(sorted(status for status, _ in answers), [0, FAILED], f"one of two protects wins ({answers})")
        for host in lab.hypervisors:
            host.wait_state("web", "protected")
        lab.alpha.lockstep("unprotect", "web")
        lab.beta.wait_state("web", "none")
    expect_one_guest(lab, guest)


def test_protect_and_unprotect(lab):
    guest = boot(lab)
    lab.protect(guest)
    both((lab.alpha, "unprotect", "web"), (lab.alpha, "protect", "web", "beta"))
    # Whichever came first, the pair is at rest, and the same for both hosts.
    wait_for(lambda: (lab.alpha.state("web"), lab.beta.state("web")) in (
        ("protected", "protected"), ("none", "none"), ("alone", "none")), 60, lambda: "the pair is at rest "
        f"({lab.alpha.state('web')}, {lab.beta.state('web')})")
    expect_one_guest(lab, guest)


def test_takeover_and_unprotect(lab):
    """One on each host; the shadow's host says who the primary is, or takes over."""
    guest = boot(lab)
    lab.protect(guest)
    answers = both((lab.beta, "takeover", "web", "--yes"), (lab.alpha, "unprotect", "web"))
    if [status for status, _ in answers] == [FAILED, FAILED]:
        raise Failure(f"neither was done: {answers}")
    wait_for(lambda: [host.state("web") for host in lab.hypervisors] in (
        ["none", "none"], ["alone", "none"], ["stale", "alone"], ["none", "alone"]), 60,
        lambda: f"the pair is at rest ({[host.state('web') for host in lab.hypervisors]})")
    expect_one_guest(lab, guest)


def test_set_twice(lab):
    """On one host, and on each: whoever hears that it was done has it on both hosts, and what was refused is on none."""
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", "web")
    lab.protect(guest)
    names = ("auto-protect", "reuse-disks")

    def expect_both(wanted, answers):
        for host in lab.hypervisors:
            pair = host.pair("web")
            equal([pair[name] for name in names], wanted, f"{names} on {host} ({answers})")

    for _ in range(3):
        answers = both(*((lab.alpha, "set", "web", f"{name}=yes") for name in names))
        done = [status == 0 for status, _ in answers]
        if not any(done):
            raise Failure(f"nobody could set anything: {answers}")
        expect_both(done, answers)
        lab.alpha.lockstep("set", "web", *(f"{name}=no" for name in names))
        expect_both([False, False], answers)
    answers = both((lab.beta, "set", "web", "auto-protect=yes"), (lab.alpha, "set", "web", "reuse-disks=yes"))
    equal([status for status, _ in answers], [FAILED, 0], f"settings are changed on the primary's host ({answers})")
    expect_both([False, True], answers)
    # The same one, differently: whichever was the last, both hosts have it.
    answers = both(*((lab.alpha, "set", "web", f"auto-protect={value}") for value in ("yes", "no")))
    if FAILED in [status for status, _ in answers]:
        expect_both([answers[0][0] == 0, True], answers)
    else:
        expect_both([lab.alpha.pair("web")["auto-protect"], True], answers)


@full_only
def test_cancel_twice(lab):
    guest = boot(lab)
    job = lab.alpha.lockstep("protect", "web", "beta", "--no-wait")["id"]
    both((lab.alpha, "job", "cancel", job), (lab.alpha, "job", "cancel", job))
    ended = wait_for(lambda: (found := lab.alpha.lockstep("job", "show", job))["state"] != "running" and found, 60,
                     "the job ends")
    equal(ended["state"], "cancelled", f"state of the job ({ended['error']})")
    waited = lab.alpha.lockstep("job", "wait", job, check=False)
    equal((waited.status, waited.json["error"]["name"]), (TIMED_OUT, "Cancelled"), "what job wait says of it")
    # Whoever comes too late hears so.
    result = lab.alpha.lockstep("job", "cancel", job, check=False)
    equal((result.status, result.json["error"]["name"]), (FAILED, "Busy"), "the third cancel")
    wait_for(lambda: expect_clean(lab.beta, "web") is None, 45, "beta is clean", every=0.2)
    expect_one_guest(lab, guest)


def test_remove_a_peer_twice(lab):
    answers = both((lab.alpha, "peer", "remove", "beta"), (lab.alpha, "peer", "remove", "beta"))
    if 0 not in [status for status, _ in answers]:
        raise Failure(f"nobody could remove the peer: {answers}")
    equal(lab.alpha.lockstep("peer", "list")["peers"], [], "alpha's peers")
