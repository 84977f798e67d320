# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings of a pair, which both hosts have or none, those of lockstepd, and the lists of domains and pairs."""

import json
import re

from faults.refusal import expect_refused
from harness import Failure, equal, wait_for
from harness.host import SCHEMAS
from harness.watch import Watch

CONFIG = "/etc/lockstep/lockstepd.conf"
USUAL = {"arbiter": "manual", "on-arbiter-loss": "wait", "auto-protect": False, "reuse-disks": False}


def settings(host):
    pair = host.lockstep("show", "web")
    return {name: pair[name] for name in USUAL}


def expect_settings(lab, wanted):
    for host in lab.hypervisors:
        equal(settings(host), wanted, f"settings of web on {host}")


def protected(lab, arbiter=None):
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", "web")
    lab.protect(guest, arbiter=arbiter)


def test_what_is_set_both_hosts_have(lab):
    alpha, beta = lab.alpha, lab.beta
    protected(lab, arbiter="etcd")
    wanted = {**USUAL, "arbiter": "etcd"}
    expect_settings(lab, wanted)
    told = alpha.lockstep("set", "web", "on-arbiter-loss=primary-continues", "auto-protect=yes")
    wanted |= {"on-arbiter-loss": "primary-continues", "auto-protect": True}
    equal({name: told[name] for name in USUAL}, wanted, "settings that set prints")
    expect_settings(lab, wanted)
    shown = alpha.run("lockstep", "set", "web", "reuse-disks=yes").out
    equal(shown, "web: arbiter=etcd on-arbiter-loss=primary-continues auto-protect=yes reuse-disks=yes mode=colo "
          "period=default max-exposure=default max-stopped=100 idle-period=20s compare-timeout=300ms "
          "scan-cycle=50ms queue-limit=1024 bandwidth=default copy-speed=default channels=1 compression=none\n", "what set shows")
    wanted["reuse-disks"] = True
    expect_settings(lab, wanted)
    # Of several nothing is done if one cannot be.
    expect_refused(alpha, "NotSupported", "set", "web", "reuse-disks=no", "on-arbiter-loss=wait", "arbiter=manual",
                   mentions=("web", "lockstep unprotect web"))
    expect_refused(beta, "WrongRole", "set", "web", "auto-protect=no", mentions=("alpha", "lockstep set web"))
    expect_settings(lab, wanted)
    for host in lab.hypervisors:
        changes = [event["text"] for event in host.lockstep("events", "web") if event["text"].startswith("settings changed")]
        equal(changes, ["settings changed: on-arbiter-loss primary-continues, auto-protect yes",
                        "settings changed: reuse-disks yes"], f"events of the settings on {host}")
    # For good.
    for host in lab.hypervisors:
        host.service("restart")
        host.wait_service()
    lab.wait_peers()
    alpha.wait_state("web", "protected")
    expect_settings(lab, wanted)


def test_without_the_other_host_nothing_is_set(lab):
    alpha, beta = lab.alpha, lab.beta
    protected(lab)
    change = ("set", "web", "auto-protect=yes", "reuse-disks=yes")
    # Its lockstepd is away, and the pair stays protected.
    beta.service("stop")
    wait_for(lambda: not alpha.lockstep("peer", "show", "beta")["connected"], 20, "alpha knows that beta's daemon is away")
    expect_refused(alpha, ("PeerUnreachable", "Timeout"), *change, status=None, mentions=("beta",))
    equal(settings(alpha), USUAL, "settings on alpha, beta's daemon being away")
    beta.service("start")
    beta.wait_service()
    lab.wait_peers()
    expect_settings(lab, USUAL)
    # It is cut off; by the time that this is known the pair may not be protected any more.
    lab.cut("dedicated")
    expect_refused(alpha, ("PeerUnreachable", "Timeout", "Busy"), *change, status=None, mentions=("web",))
    expect_settings(lab, USUAL)
    lab.heal()
    lab.wait_peers()
    equal(settings(alpha), USUAL, "settings on alpha, the hosts seeing each other again")


def domains(host):
    return {domain["name"]: domain for domain in host.lockstep("list", "--all")["domains"]}


def seen(watch):
    """What `list --watch --json` has printed so far, each as its schema says."""
    pairs = [json.loads(line) for line in list(watch.lines) if line.startswith("{")]
    for pair in pairs if SCHEMAS else []:
        SCHEMAS.check(("list", "--watch"), pair)
    return pairs


def test_lists_show_domains_and_what_becomes_of_pairs(lab):
    alpha, beta = lab.alpha, lab.beta
    equal([domains(host) for host in (alpha, beta)], [{}, {}], "domains of both hosts")
    guest = lab.guest("web", start=False)
    lab.guest("web2", start=False)
    alpha.virsh("start", "web")
    found = domains(alpha)
    equal({name: (domain["state"], domain["protectable"]) for name, domain in found.items()},
          {"web": ("running", True), "web2": ("shut off", False)}, "domains of alpha")
    equal([finding["id"] for finding in found["web2"]["findings"]], ["domain-off"], "what speaks against web2")
    with Watch(alpha, "lockstep", "list", "--watch", "--json") as on_alpha, Watch(beta, "lockstep", "list", "--watch") as on_beta:
        wait_for(lambda: any(line.startswith("TIME") for line in list(on_beta.lines)), 20, "beta's list has begun")
        lab.protect(guest)
        for host, role, peer in ((alpha, "primary", "beta"), (beta, "secondary", "alpha")):
            web = domains(host)["web"]
            equal((web["role"], web["pair-state"], web["peer"], web["protectable"]), (role, "protected", peer, False),
                  f"web in {host}'s list of all domains")
        text = alpha.run("lockstep", "list", "--all").out
        if not re.search(r"(?m)^\d+ +web +running +primary +protected +beta +no: ", text) \
                or not re.search(r"(?m)^- +web2 +shut off +- +- +- +no: .*off", text):
            raise Failure(f"lockstep list --all prints\n{text}")
        wait_for(lambda: "protected" in [pair["state"] for pair in seen(on_alpha)], 20, "alpha's list shows the pair")
        alpha.lockstep("unprotect", "web")
        wait_for(lambda: seen(on_alpha)[-1]["state"] is None, 20, "alpha's list shows that the pair is gone")
        wait_for(lambda: on_beta.lines[-1].endswith("no longer paired"), 20, "beta's list shows that the pair is gone")
        if not any(re.search(r" web +secondary +protected +alpha +connected ", line) for line in on_beta.lines):
            raise Failure(f"beta's list did not show the shadow: {on_beta.lines}")
        # Ctrl-C is how it ends.
        alpha.run("pkill", "-INT", "-x", "lockstep")
        equal(on_alpha.ended(), 0, "exit status of list --watch after SIGINT")


def test_config_shows_what_is_in_effect(lab):
    alpha = lab.alpha

    def level():
        setting, = alpha.lockstep("config", "log.level")["settings"]
        return setting["value"], setting["from-file"]

    told = alpha.lockstep("config")
    equal(told["file"], CONFIG, "the file that was read")
    found = {setting["key"]: (setting["value"], setting["from-file"], setting["secret"]) for setting in told["settings"]}
    for key, wanted in (("control.port", ("49500", False, False)), ("control.name", ("alpha", False, False)),
                        ("etcd.endpoints", ("http://10.79.0.10:2379", True, False)),
                        ("fence.beta.agent", ("/usr/sbin/fence_lab", True, False)),
                        ("fence.beta.options.plug", ("beta", True, False))):
        equal(found.get(key), wanted, f"{key} (value, from the file, secret)")
    equal(alpha.run("lockstep", "config", "control.port").out, "49500\n", "one setting")
    equal(level(), ("info", False), "log.level")
    alpha.shell(f"cp -p {CONFIG} /tmp/lockstepd.conf.kept; printf '[log]\\nlevel = \"debug\"\\n' >> {CONFIG}")
    try:
        equal(level(), ("info", False), "log.level, set in the file and lockstepd not restarted")
        alpha.service("restart")
        alpha.wait_service()
        equal(level(), ("debug", True), "log.level after the restart")
    finally:
        alpha.run("mv", "/tmp/lockstepd.conf.kept", CONFIG)
        alpha.service("restart")
