# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is recorded of checkpoints, against what QEMU's events say, and metrics over HTTP."""

import re

from harness import at_least, equal, wait_for
from harness.watch import Events

ASKED = 8
URL = "http://127.0.0.1:49501/metrics"


def statistics(host, *options):
    found = host.lockstep("stats", "web", *options)["statistics"]
    equal(len(found), 1, f"pairs of which {host} has statistics")
    return found[0]


def reasons(host):
    return statistics(host)["lifetime"]["reasons"]


def ask(guest, events):
    """Makes answers differ, and waits for a checkpoint for each."""
    before = len(events.pauses())
    for _ in range(ASKED):
        guest.get("/random")
    wait_for(lambda: len(events.pauses()) >= before + ASKED, 60, f"{ASKED} checkpoints")


def test_checkpoints_are_recorded(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    wait_for(lambda: reasons(lab.alpha)["first"] == 3, 60, lambda: f"the first three are known ({reasons(lab.alpha)})")
    with Events(lab.alpha, "web") as events:
        ask(guest, events)
        wait_for(lambda: reasons(lab.alpha)["difference"] >= ASKED, 60, "alpha knows why there were checkpoints")
        found = statistics(lab.alpha, "--checkpoints", ASKED)
        columns = found["checkpoints"]
        for stop in (microseconds / 1e6 for microseconds in columns["stopped-usec"]):
            wait_for(lambda stop=stop: any(abs(stop - pause) < 0.001 for pause in events.pauses()), 60,
                     f"QEMU's events tell of a stop of {stop} s, too")
    wait_for(lambda: reasons(lab.beta)["unknown"] >= ASKED, 60, "beta has seen them, too")
    at_least(min(columns["memory-bytes"]), 1, "bytes of memory of a checkpoint")
    # Each of these answers was held until its checkpoint.
    at_least(max(columns["released-packets"]), 1, "packets that a checkpoint let go")
    at_least(found["totals"]["seconds"], 1, "seconds that are known")
    lab.figure("stop of a checkpoint, p50", found["percentiles"]["stopped-usec"]["p50"] / 1e6, "s")
    lab.figure("memory of a checkpoint, p50", found["percentiles"]["memory-bytes"]["p50"] / 2**20, "MiB")


def test_statistics_survive_a_restart_and_a_change_of_roles(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    with Events(lab.alpha, "web") as events:
        ask(guest, events)
    wait_for(lambda: reasons(lab.alpha)["difference"] >= ASKED, 60, "the checkpoints are known")
    before = statistics(lab.alpha)["lifetime"]["checkpoints"]
    lab.alpha.service("restart")
    lab.alpha.wait_service()
    # Nobody waits until they are read.
    wait_for(lambda: statistics(lab.alpha)["lifetime"]["checkpoints"] >= before, 60, "alpha goes on after a restart")
    lab.beta.lockstep("switchover", "web")
    lab.beta.wait_state("web", "alone", 60)
    at_least(statistics(lab.alpha)["lifetime"]["checkpoints"], before, "checkpoints on alpha after the change of roles")
    at_least(reasons(lab.beta)["unknown"], ASKED, "checkpoints on beta from when it had the shadow")


def test_metrics_over_http(lab):
    guest = lab.guest("web")
    lab.protect(guest)
    equal(lab.alpha.run("curl", "-fsS", URL, check=False).status != 0, True, "without being set up there are no metrics")
    try:
        lab.alpha.lockstep("config", "metrics.listen=local")
        lab.alpha.service("restart")
        lab.alpha.wait_service()
        labels = f'domain="web",uuid="{lab.alpha.virsh("domuuid", "web").text}"'
        answer = lab.alpha.run("curl", "-fsSi", URL).out
        for wanted in ("application/openmetrics-text; version=1.0.0",
                       f'lockstep_pair_state{{{labels},lockstep_pair_state="protected"}} 1.0',
                       # Of this run of lockstepd.
                       f'lockstep_checkpoints_total{{{labels},reason="first"}} 0.0', "# EOF"):
            equal(wanted in answer, True, f"'{wanted}' in what is offered:\n{answer}")
        with Events(lab.alpha, "web") as events:
            ask(guest, events)
        sample = re.compile(rf'^lockstep_checkpoints_total{{{re.escape(labels)},reason="difference"}} ([0-9.e+]+)$', re.M)
        wait_for(lambda: float(sample.search(lab.alpha.run("curl", "-fsS", URL).out)[1]) >= ASKED, 60,
                 "the checkpoints are counted")
        other = lab.alpha.shell(f"curl -fsS --max-time 5 {URL.replace('127.0.0.1', '$(hostname)-dedicated')}", check=False)
        equal(other.status != 0, True, "nobody else is let in")
    finally:
        lab.alpha.lockstep("config", "metrics.listen=default")
        lab.alpha.service("restart")
        lab.alpha.wait_service()
