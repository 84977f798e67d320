# SPDX-License-Identifier: LGPL-2.1-or-later
"""`lockstep doctor`: a sound lab is sound, each thing that is broken is named with its remedy, and its
bundle holds no secret."""

import json
import re

from harness import Failure, equal, wait_for

STATE = "/var/lib/lockstep"
CONFIG = "/etc/lockstep/lockstepd.conf"
SECRET = "scenario-geheim-42"
AGENT = "/usr/sbin/fence_lab"
# As an administrator may have it who did not know of Lockstep.
FIREWALL = """table inet filter {
    chain input {
        type filter hook input priority 0; policy accept;
        tcp dport 49500 drop
    }
}
"""


def doctor(host, *arguments):
    """Findings by (host, id, severity), and the exit status."""
    result = host.lockstep("doctor", *arguments, check=False, timeout=90)
    if result.json is None or "findings" not in result.json:
        raise Failure(f"lockstep doctor on {host}: {result}")
    errors = [finding for finding in result.json["findings"] if finding["severity"] == "error"]
    equal(result.status, 1 if errors else 0, f"exit status of lockstep doctor with {errors}")
    return result.json["findings"]


def errors(findings):
    return sorted((finding["host"], finding["id"]) for finding in findings if finding["severity"] == "error")


def expect(findings, host, name, severity, *words):
    """A finding with these words in its remedy or message."""
    for finding in findings:
        if (finding["host"], finding["id"], finding["severity"]) == (host, name, severity):
            text = finding["message"] + " " + finding["remedy"]
            if all(word in text for word in words):
                return
    raise Failure(f"no {severity} {name} of {host} with {words}: {json.dumps(findings, indent=1)}")


def sound(host):
    def no_errors():
        found = errors(doctor(host))
        if found:
            raise Failure(f"{found}")
        return True
    # Heartbeats begin a moment after the channel.
    wait_for(no_errors, 60, f"lockstep doctor on {host} finds no error")


def test_a_sound_lab_has_no_errors(lab):
    for host in lab.hypervisors:
        sound(host)
    findings = doctor(lab.alpha)
    for name in ("alpha", "beta"):
        for subject in ("libvirt", "qemu", "start-hook", "control-port", "qemu-ports", "certificates", "link", "etcd",
                        "fence", "image-directory", "state-directory", "secret-files", "config-file"):
            expect(findings, name, subject, "ok")
    for subject in ("peer", "heartbeats", "daemon-versions", "qemu-versions", "clock-offset", "link-mtu"):
        expect(findings, "beta", subject, "ok")
    equal({finding["host"] for finding in doctor(lab.alpha, "--host", "beta")}, {"beta"}, "hosts with --host beta")
    text = lab.alpha.run("lockstep", "doctor", timeout=90).out
    for word in ("alpha\n", "beta\n", "what to do: ", "0 errors, "):
        if word not in text:
            raise Failure(f"lockstep doctor does not print {word!r}: {text}")


def test_a_peer_that_is_away(lab):
    sound(lab.alpha)
    lab.beta.service("stop")
    wait_for(lambda: ("beta", "peer") in errors(doctor(lab.alpha)), 30, "the daemon that does not run is found")
    expect(doctor(lab.alpha), "beta", "peer", "error", "lockstepd does not run on beta", "systemctl start lockstepd")
    lab.unplug("beta")
    expect(doctor(lab.alpha), "beta", "peer", "error", "the host is off, or the link between is cut", "ping")
    lab.plug("beta")
    lab.wait_peers()
    sound(lab.alpha)
    # One that hangs is a finding as well, and holds up nobody.
    lab.freeze("beta", "lockstepd")
    findings = doctor(lab.alpha)
    lab.thaw("beta", "lockstepd")
    expect(findings, "beta", "peer", "error")
    expect(findings, "alpha", "libvirt", "ok")


def test_a_witness_that_is_cut_off(lab):
    sound(lab.alpha)
    lab.cut("witness")
    expect(doctor(lab.alpha), "alpha", "etcd", "error", "10.79.0.10:2379", "systemctl start etcd")
    expect(doctor(lab.alpha), "beta", "etcd", "error")
    lab.heal()
    sound(lab.alpha)


def test_files_that_are_not_as_they_should_be(lab):
    beta, alpha = lab.beta, lab.alpha
    sound(alpha)
    key = f"{STATE}/identity/ca-key.pem"
    beta.shell(f"chmod 0644 {key}; mv {STATE}/images {STATE}/images.away; chmod a-x /etc/libvirt/hooks/qemu.d/lockstep")
    try:
        findings = doctor(alpha)
        expect(findings, "beta", "secret-files", "error", key, f"chmod go= {key}")
        expect(findings, "beta", "image-directory", "error", f"mkdir -p -m 0711 {STATE}/images")
        expect(findings, "beta", "start-hook", "error", "apt install --reinstall lockstep")
        equal(errors(findings), [("beta", "image-directory"), ("beta", "secret-files"), ("beta", "start-hook")],
              "all errors")
    finally:
        beta.shell(f"mv {STATE}/images.away {STATE}/images; chmod a+x /etc/libvirt/hooks/qemu.d/lockstep")
    beta.shell(f"chmod go= {key}")  # the remedy
    sound(alpha)


def test_a_link_whose_ends_differ(lab):
    sound(lab.alpha)
    device = lab.beta.shell("ip -o -4 address show | awk '$4 ~ /^10\\.77\\./ {print $2}'").text
    lab.beta.run("ip", "link", "set", device, "mtu", 1400)
    try:
        expect(doctor(lab.alpha), "beta", "link-mtu", "error", "1400", f"ip link set {device}", "on beta")
    finally:
        lab.beta.run("ip", "link", "set", device, "mtu", 1500)
    sound(lab.alpha)


def test_a_port_that_somebody_else_has(lab):
    sound(lab.alpha)
    listener = lab.alpha.start("python3", "-c", "import socket; s = socket.create_server(('', 49600)); print('there', "
                               "flush=True); import time; time.sleep(600)")
    try:
        listener.stdout.readline()
        expect(doctor(lab.alpha), "alpha", "qemu-ports", "warning", "49600", "ss -ltnp")
    finally:
        listener.kill()
        listener.wait()


def carry_out(host, findings, where, name):
    """Types the nft command that a finding's remedy holds."""
    remedy = next(finding["remedy"] for finding in findings
                  if (finding["host"], finding["id"], finding["severity"]) == (where, name, "error"))
    command = re.search(r"nft insert rule [\w. ]+ accept\b", remedy)
    if not command:
        raise Failure(f"the remedy of {name} holds no command for nft: {remedy}")
    host.run(*command[0].split())


def test_a_firewall_in_between(lab):
    alpha, beta = lab.alpha, lab.beta

    def found(host, where, name):
        findings = doctor(host)
        return findings if (where, name) in errors(findings) else None

    sound(alpha)
    try:
        # On both, so that it does not matter which of them has called the other.
        for host in lab.hypervisors:
            host.run("nft", "-f", "-", input=FIREWALL)
        on_alpha = wait_for(lambda: found(alpha, "beta", "firewall"), 60, "alpha finds that beta drops its port")
        expect(on_alpha, "beta", "firewall", "error", "TCP port 49500", "on beta", "ip saddr 10.77.0.1 tcp dport 49500 accept")
        on_beta = wait_for(lambda: found(beta, "alpha", "firewall"), 60, "beta finds that alpha drops its port")
        carry_out(beta, on_alpha, "beta", "firewall")
        carry_out(alpha, on_beta, "alpha", "firewall")
        lab.wait_peers(60)
        sound(alpha)
        # Heartbeats alone: they do not come where they are dropped.
        beta.run("nft", "add", "rule", "inet", "filter", "input", "udp", "dport", 49500, "drop")
        on_beta = wait_for(lambda: found(beta, "alpha", "heartbeats"), 60, "beta finds that heartbeats do not come")
        expect(on_beta, "alpha", "heartbeats", "error", "UDP port 49500", "ip saddr 10.77.0.1 udp dport 49500 accept")
        carry_out(beta, on_beta, "alpha", "heartbeats")
        sound(beta)
    finally:
        for host in lab.hypervisors:
            host.run("nft", "delete", "table", "inet", "filter", check=False)


def test_a_fence_agent_that_does_not_work(lab):
    alpha = lab.alpha
    sound(alpha)
    alpha.run("cp", "-p", AGENT, f"{AGENT}.good")
    try:
        alpha.shell(f"cat > {AGENT}", input="#!/bin/sh\necho 'login refused' >&2\nexit 1\n")
        findings = doctor(alpha)
        expect(findings, "alpha", "fence", "error", "beta", "fence_lab --action=status", "[fence.beta]",
               "systemctl restart lockstepd")
        equal(errors(findings), [("alpha", "fence")], "all errors")
        alpha.run("rm", AGENT)
        expect(doctor(alpha), "alpha", "fence", "error", "beta", "apt install fence-agents")
    finally:
        alpha.run("mv", f"{AGENT}.good", AGENT)
    sound(alpha)


def test_a_bundle_without_secrets(lab):
    alpha = lab.alpha
    lab.guest("web", start=False)
    alpha.shell(f"cp -p {CONFIG} /tmp/lockstepd.conf.kept; cat >> {CONFIG}", input=(
        f'[fence.delta]\nagent = "fence_lab"\noptions = {{ plug = "delta", password = "{SECRET}" }}\n'
        "# the one before was scenario-geheim-41\n"))
    bundle = "/tmp/lockstep-bundle.tar.gz"
    alpha.shell(f"rm -rf {bundle} /tmp/unpacked; mkdir -m 0700 /tmp/unpacked")
    try:
        alpha.service("restart")
        lab.wait_peers()
        # It can be read by everybody, with a password in it by now.
        expect(doctor(alpha), "alpha", "config-file", "error", f"chmod 0600 {CONFIG}")
        # Somebody has put a secret into the log.
        alpha.shell(f"echo 'warning: fence_lab says: --password={SECRET} failed, token: {SECRET}' "
                    ">> /var/log/lockstep/lockstepd.log")
        told = alpha.lockstep("doctor", "--bundle", bundle, timeout=120)
        equal(told["bundle"], bundle, "the bundle's name")
        equal(alpha.run("stat", "--format=%a", bundle).text, "600", "its mode")
        names = {entry["name"] for entry in told["contents"]}
        for name in ("doctor.json", "pairs.json", "peers.json", "events.json", "lockstepd.conf", "lockstepd.log",
                     "system/uname.txt", "system/ip-address.txt"):
            if name not in names:
                raise Failure(f"there is no {name} in the bundle: {told}")
        alpha.run("tar", "-xzf", bundle, "-C", "/tmp/unpacked")
        secrets = [SECRET, "scenario-geheim-41", "PRIVATE KEY"]
        # Each line of each key there is, and the keys of heartbeats.
        secrets += alpha.shell(f"grep -hv -e ----- $(find {STATE} -name '*-key.pem')").out.split()
        for secret in secrets:
            found = alpha.run("grep", "-rlF", "-e", secret, "/tmp/unpacked", check=False).text
            equal(found, "", f"files of the bundle that have {secret[:12]}...")
        for word in ("fence_lab", "10.79.0.10", "[fence.delta]"):
            alpha.run("grep", "-rqF", "-e", word, "/tmp/unpacked")
    finally:
        alpha.shell(f"mv /tmp/lockstepd.conf.kept {CONFIG}; rm -rf {bundle} /tmp/unpacked")
        alpha.service("restart")
