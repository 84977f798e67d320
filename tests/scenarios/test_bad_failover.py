# SPDX-License-Identifier: LGPL-2.1-or-later
"""What heartbeats, arbiters and people get wrong: it is rejected, counted and shown, and no host
ever takes over because of it."""

import os

from faults.ground import boot
from faults.refusal import USAGE, Unchanged, expect_refused
from harness import Failure, at_least, at_most, equal, for_guests, full_only, wait_for
from harness.failover import Failover

SCRIPT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "faults", "datagrams.py")
KINDS = ("forged", "unknown-key", "truncated", "oversized", "no-heartbeat", "unknown-version", "replayed")
COUNT = 2000
MOST_LINES = 60


def test_datagrams_that_are_no_heartbeats(lab):
    guest = boot(lab)
    lab.protect(guest, arbiter="etcd")
    epoch = lab.alpha.pair("web")["epoch"]
    with open(SCRIPT, encoding="utf-8") as file:
        script = file.read()
    with Failover(lab, guest) as failover:
        lines = lab.beta.log().count("\n")
        for kind in KINDS:
            lab.alpha.run("python3", "-", "beta-dedicated", kind, COUNT, input=script)
            # Some are lost, and of a replayed one the first may be the real one that came later.
            wait_for(lambda: lab.beta.lockstep("peer", "show", "alpha")["rejected-datagrams"].get(kind, 0) > COUNT / 4,
                     30, lambda: f"beta counts {kind}: {lab.beta.lockstep('peer', 'show', 'alpha')['rejected-datagrams']}")
        at_most(lab.beta.log().count("\n") - lines, MOST_LINES, "lines in beta's log")
        failover.loads.wait_requests(50, 60)
        equal([host.state("web") for host in lab.hypervisors], ["protected"] * 2, "states")
    equal([host.pair("web")["epoch"] for host in lab.hypervisors], [epoch] * 2, "epochs")


# Stands in for the witness's etcd: answers nothing, nonsense, or nothing for a long time.
BAD_ETCD = r"""
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if sys.argv[1] == "slow":
            time.sleep(60)
        body = b'{"header":{"cluster_id":"x"},"kvs":[{"value":"\xff' if sys.argv[1] == "garbage" else b"{}"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("10.79.0.10", 2379), Handler).serve_forever()
"""
FOREIGN_ETCD = ("etcd", "--name", "foreign", "--data-dir", "/tmp/foreign-etcd", "--log-level", "error",
                "--listen-client-urls", "http://10.79.0.10:2379", "--advertise-client-urls",
                "http://10.79.0.10:2379", "--listen-peer-urls", "http://127.0.0.1:2399",
                "--initial-advertise-peer-urls", "http://127.0.0.1:2399",
                "--initial-cluster", "foreign=http://127.0.0.1:2399")


@for_guests("slow", full=("foreign", "garbage"))
def test_an_etcd_that_cannot_be_trusted(lab, kind):
    """Nothing happens while both hosts are well; a host that dies then is not taken over from before
    the right etcd is back."""
    guest = boot(lab)
    lab.protect(guest, arbiter="etcd")
    epoch = lab.alpha.pair("web")["epoch"]
    with Failover(lab, guest) as failover:
        lab.witness.service("stop", "etcd")
        lab.witness.run("rm", "-rf", "/tmp/foreign-etcd")
        command = FOREIGN_ETCD if kind == "foreign" else ("python3", "-c", BAD_ETCD, kind)
        impostor = lab.witness.start(*command)
        try:
            for host in lab.hypervisors:
                wait_for(lambda: host.pair("web")["arbiter-error"], 60, f"{host} shows that its arbiter cannot decide")
                if kind != "slow":
                    wait_for(lambda: host.pair("web")["arbiter-rejections"] > 0, 60, f"{host} counts what it rejects")
            failover.loads.wait_requests(50, 60)
            equal([host.state("web") for host in lab.hypervisors], ["protected"] * 2, "states")
            lab.unplug("alpha")
            lab.beta.wait_state("web", "interrupted", 30)
            failover.loads.wait_silent(4)
            equal(lab.beta.pair("web")["epoch"], epoch, "the epoch on beta")
        finally:
            impostor.terminate()
            impostor.wait(10)
            lab.witness.service("start", "etcd")
        failover.strike(lambda: None, lab.beta)
        equal(lab.beta.pair("web")["epoch"], epoch + 1, "the epoch on beta")


@full_only
def test_an_etcd_that_was_set_up_anew(lab):
    """The administrator says that it is the right one, and protects the domain under it."""
    guest = boot(lab)
    lab.protect(guest, arbiter="etcd")
    for host in lab.hypervisors:
        wait_for(lambda: "the etcd cluster is" in host.log(), 30, f"{host} knows which etcd it is")
    lab.witness.service("stop", "etcd")
    lab.witness.run("rm", "-rf", "/tmp/foreign-etcd")
    anew = lab.witness.start(*FOREIGN_ETCD)
    try:
        with lab.load("numbers", guest) as load:
            for host in lab.hypervisors:
                wait_for(lambda: host.pair("web")["arbiter-rejections"] > 0, 60, f"{host} rejects the new etcd")
                host.service("stop")
                host.run("lockstepd", "--forget-etcd")
                host.service("start")
                host.wait_service()
            for host in lab.hypervisors:
                wait_for(lambda: not host.pair("web")["arbiter-error"], 30, f"{host} accepts the new etcd")
            lab.beta.service("stop")
            wait_for(lambda: lab.alpha.lockstep("peer", "show", "beta")["health"] == "daemon-gone", 30,
                     "alpha knows that beta's daemon is gone")
            lab.alpha.lockstep("continue-alone", "web", "--force", "--yes")
            lab.beta.service("start")
            lab.beta.wait_service()
            lab.wait_peers()
            lab.beta.wait_state("web", "none", 60)
            lab.protect(guest, arbiter="etcd")
            load.wait_requests(20, 60)
        load.expect_no_failures()
        load.verify()
    finally:
        anew.terminate()
        anew.wait(10)
        for host in lab.hypervisors:  # it would not take the old one back
            host.service("stop")
            host.run("lockstepd", "--forget-etcd")
            host.service("start")
        lab.witness.service("start", "etcd")


AGENTS = {
    # Says that it was done, and that the host is on.
    "lies": "#!/bin/sh\nexit 0\n",
    "fails": "#!/bin/sh\necho 'login refused' >&2\nexit 1\n",
    "hangs": "#!/bin/sh\nsleep 1000\n",
    "missing": None,
}
AGENT = "/usr/sbin/fence_lab"


def fences_badly(lab, kind):
    """The primary dies, and nobody can say so: the shadow waits, until the agent works."""
    guest = boot(lab)
    lab.protect(guest, arbiter="fence")
    epoch = lab.beta.pair("web")["epoch"]
    beta = lab.beta
    patient = (("numbers", {"connections": 2, "timeout": 180}),)  # an agent that hangs is given 30 s
    beta.shell(f"cp -p {AGENT} {AGENT}.good")
    try:
        if AGENTS[kind]:
            beta.shell(f"cat > {AGENT}", input=AGENTS[kind])
        else:
            beta.run("rm", AGENT)
        with Failover(lab, guest, patient) as failover:
            lab.unplug("alpha")
            wait_for(lambda: beta.pair("web")["arbiter-error"], 120, "beta shows that it cannot fence")
            failover.loads.wait_silent(4)
            equal((beta.state("web"), beta.pair("web")["epoch"]), ("interrupted", epoch), "the pair on beta")
            if kind == "lies":
                at_least(beta.pair("web")["arbiter-rejections"], 1, "answers rejected")
            failover.strike(lambda: beta.run("mv", f"{AGENT}.good", AGENT), beta)
    finally:
        beta.shell(f"[ ! -e {AGENT}.good ] || mv {AGENT}.good {AGENT}")


@for_guests("lies", full=("missing",))
def test_a_fence_agent_that_does_not_work(lab, kind):
    fences_badly(lab, kind)


@full_only
@for_guests("fails", "hangs")
def test_a_fence_agent_that_does_not_work_either(lab, kind):
    fences_badly(lab, kind)


# Text of lockstepd.conf, and what the error has to name.
BAD_SETTINGS = (
    ("[etcd]\nendpoints = [\"ftp://x\"]\n", ("line 2", "endpoints")),
    ("[etcd]\nendpoints = [\"http://x:2379\"]\ntimeout-ms = 5\n", ("line 3", "timeout-ms", "100", "30000")),
    ("[etcd]\nendpoints = [\"http://x:2379\"]\nprefix = \"x\"\n", ("line 3", "prefix")),
    ("[fence]\nagent = \"fence_ipmilan\"\n", ("line 2", "[fence.HOST]")),
    ("[fence.beta]\nagent = \"fence_ipmilan\"\ntimeout-ms = 1\n", ("line 3", "timeout-ms")),
    ("[fence.beta]\noptions = { ip = \"x\" }\n", ("agent",)),
)


def test_settings_out_of_range(lab):
    alpha = lab.alpha
    with Unchanged(lab):
        for words in (("--heartbeat-interval", 5), ("--heartbeat-interval", 5000), ("--heartbeat-timeout", 150),
                      ("--heartbeat-timeout", 60000), ("--second-path", "not-an-address"),
                      ("--second-path", "255.255.255.255")):
            expect_refused(alpha, "InvalidArgument", "peer", "set", "beta", *words, status=USAGE)
        for text, names in BAD_SETTINGS:
            alpha.shell("cat > /run/bad.conf", input=text)
            result = alpha.run("lockstepd", "--config", "/run/bad.conf", "--check-config", check=False)
            equal(result.status, USAGE, f"exit status of lockstepd with {text!r}: {result.err}")
            for name in names:
                if name not in result.err:
                    raise Failure(f"lockstepd does not name {name!r} in {text!r}: {result.err}")
        alpha.run("rm", "/run/bad.conf")
