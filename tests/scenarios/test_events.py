# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the hosts tell of a pair's life: in order, with reasons, live, and across restarts."""

import json

from harness import Failure, equal, wait_for
from harness.watch import Watch


def states(events):
    """The states that a pair went through. Whether "confirming" is one depends on its arbiter."""
    found = [event["state"] for event in events if event["event"] == "state" and "state" in event]
    return [state for state in found if state != "confirming"]


def expect_sound(host, events):
    """What holds for every history."""
    ids = [event["id"] for event in events]
    equal(ids, sorted(set(ids)), f"ids on {host}")
    times = [event["time"] for event in events]
    equal(times, sorted(times), f"times on {host}")
    for event in events:
        if event["domain"] != "web" or not event["text"]:
            raise Failure(f"{host} tells of something else: {event}")


def test_both_hosts_tell_of_a_pairs_life(lab):
    guest = lab.guest("web")
    for host in lab.hypervisors:
        equal(host.lockstep("events"), [], f"events on {host} before anything has happened")
    lab.protect(guest)
    lab.alpha.lockstep("unprotect", "web")
    lab.beta.wait_state("web", "none")
    for host, role, peer, began in (
            (lab.alpha, "primary", "beta", ["preparing", "copying", "protected"]),
            (lab.beta, "secondary", "alpha", ["copying", "protected"])):
        events = host.lockstep("events", "web")
        expect_sound(host, events)
        equal(states(events)[:len(began)], began, f"states on {host}")
        for event in events:
            if event["event"] == "state":
                equal((event["role"], event["peer"]), (role, peer), f"role and peer in {event}")
        if not any("not paired any more" in event["text"] for event in events):
            raise Failure(f"{host} does not tell that the pair is gone: {events}")
        uuid = events[0]["uuid"]
        equal(host.lockstep("events", uuid), events, f"events by UUID on {host}")
        equal(host.lockstep("events", "web", "--limit", 2), events[-2:], f"the last two events on {host}")
        since = events[2]["time"]
        equal(host.lockstep("events", "web", "--since", since), [event for event in events if event["time"] >= since],
              f"events on {host} since {since}")
        equal(host.lockstep("events", "web", "--since", "7d"), events, f"events of a week on {host}")
    jobs = [event["text"] for event in lab.alpha.lockstep("events") if event["event"] == "job"]
    equal(jobs, ["job 1 (protect) begins", "job 1 (protect) is done",
                 "job 2 (unprotect) begins", "job 2 (unprotect) is done"], "jobs on alpha")
    # The same is in the log.
    for text in jobs:
        if f"web: {text}" not in lab.alpha.log():
            raise Failure(f"not in alpha's log: {text}")


def test_events_are_followed_live_and_across_restarts(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    alpha = lab.alpha
    with Watch(alpha, "lockstep", "events", "--follow", "--json", "--limit", "1") as follow:
        def seen():
            return [json.loads(line) for line in list(follow.lines) if line.startswith("{")]
        wait_for(seen, 20, "the last event is shown")
        alpha.lockstep("unprotect", "web")
        wait_for(lambda: any("not paired any more" in event["text"] for event in seen()), 20,
                 lambda: f"the end of the pair is shown: {seen()}")
        alpha.service("stop")
        wait_for(lambda: "lockstepd is gone; waiting for it" in follow.lines, 20, "its end is shown")
        alpha.service("start")
        wait_for(lambda: "lockstepd is back" in follow.lines, 20, "its start is shown")
        lab.wait_peers()
        lab.protect(guest)
        # The last that a protection tells of.
        wait_for(lambda: seen()[-1]["text"].startswith("beta has all of the copy on disk"), 60,
                 lambda: f"what came after the restart is shown: {seen()}")
        followed = seen()
    events = alpha.lockstep("events")
    expect_sound(alpha, events)
    equal(followed, events[-len(followed):], "what was followed and what is kept")


def test_a_damaged_history_harms_nothing(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    lab.alpha.service("stop")
    lab.alpha.shell("cd /var/lib/lockstep && rm -f history.db-* && head -c 20000 /dev/urandom >history.db")
    lab.alpha.service("start")
    lab.alpha.wait_state("web", "protected")
    lab.alpha.lockstep("unprotect", "web")
    events = lab.alpha.lockstep("events")
    expect_sound(lab.alpha, events)
    if not any("not paired any more" in event["text"] for event in events):
        raise Failure(f"the history does not begin anew: {events}")
    equal(lab.alpha.run("test", "-e", "/var/lib/lockstep/history.db.damaged", check=False).status, 0,
          "status of the search for the damaged file")
