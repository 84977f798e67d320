# SPDX-License-Identifier: LGPL-2.1-or-later
"""What docs/threat-model.md promises of ports, of the dedicated link, and of keys."""

import re
import secrets

from faults.foreign import DIRECTORY, make_foreign, remove_foreign, run_here
from faults.ground import boot
from faults.refusal import Unchanged
from harness import Failure, at_least, equal, wait_for

IDENTITY = "/var/lib/lockstep/identity"
CONTROL = 49500
QEMU = range(49510, 49700)
MIB = 2**20


def sockets(host):
    """(program, protocol, address, port) of what lockstepd and QEMU listen on."""
    found = set()
    for line in host.shell("ss -Htulnp").out.splitlines():
        fields = line.split()
        program = re.search(r'users:\(\("([^"]+)"', line)
        if program and program[1].startswith(("lockstepd", "qemu")):
            address, _, port = fields[4].rpartition(":")
            found.add((program[1][:4], fields[0], address.strip("[]").partition("%")[0], int(port)))
    return found


def test_ports_only_where_they_are_configured(lab):
    guest = boot(lab)
    addresses = {host.name: host.shell("getent ahostsv4 $(hostname)-dedicated | awk 'NR == 1 { print $1 }'").text
                 for host in lab.hypervisors}
    try:
        for host in lab.hypervisors:
            host.lockstep("config", f"control.listen={addresses[host.name]}")
            host.service("restart")
        lab.wait_peers(60)
        lab.protect(guest)
        for host in lab.hypervisors:
            found = sockets(host)
            own = addresses[host.name]
            if ("lock", "tcp", own, CONTROL) not in found:
                raise Failure(f"lockstepd on {host} does not listen where it should: {found}")
            wrong = [socket for socket in found if socket[2] != own
                     or socket[3] not in ([CONTROL] if socket[0] == "lock" else QEMU)]
            equal(wrong, [], f"sockets on {host} that nobody has configured")
        if not any(program == "qemu" for program, *_ in sockets(lab.beta)):
            raise Failure("the shadow's QEMU listens nowhere: nothing was looked at")
    finally:
        for host in lab.hypervisors:
            host.lockstep("config", "control.listen=default")
            host.service("restart")


def upload(lab, guest, name, marker):
    """A file of a MiB that says nothing but the marker."""
    lab.client.shell(f"{{ yes {marker} || true; }} | head -c {MIB} >/tmp/{name}; "
                     f"curl -sS -f -m 60 -H Expect: -X PUT --data-binary @/tmp/{name} http://{guest.address}/files/{name}; "
                     f"rm /tmp/{name}")


def count(host, words, *files):
    """Lines with one of the words in files, which may be of any kind."""
    patterns = " ".join(f"-e '{word}'" for word in words)
    return int(host.shell(f"cat {' '.join(files)} | grep -a -c -F {patterns} || true", timeout=300).text)


def test_nothing_of_the_guest_can_be_read_on_the_link(lab):
    """Its memory and disk are copied, checkpointed, and its packets compared, while somebody listens."""
    guest = boot(lab)
    alpha, beta = lab.alpha, lab.beta
    before, after = secrets.token_hex(16), secrets.token_hex(16)
    upload(lab, guest, "before", before)
    alpha.qmp(guest.name, "pmemsave", val=0, size=256 * MIB, filename="/var/tmp/memory")
    at_least(count(alpha, [before], "/var/tmp/memory"), 1, "markers in the guest's memory")
    alpha.shell("rm /var/tmp/memory")
    capture = "/var/tmp/link.pcap"
    watch = alpha.start("tcpdump", "-Z", "root", "-n", "-U", "-s", "0", "-B", "65536", "-i", "ded0", "-w", capture)
    try:
        wait_for(lambda: count(alpha, ["LSHB"], capture), 30, "heartbeats, which are no secret, are captured")
        lab.protect(guest)
        upload(lab, guest, "after", after)
        for _ in range(10):
            guest.get("/random")  # answers differ: a checkpoint for each
        wait_for(lambda: count(beta, [before], "/var/lib/lockstep/images/*/vda.*"), 60, "the marker is in the replica")
    finally:
        watch.terminate()
        watch.wait(30)
    size = int(alpha.run("stat", "-c", "%s", capture).text)
    lab.figure("captured on the dedicated link", size / MIB, "MiB")
    at_least(size, 4 * MIB, "bytes captured: at least the two files twice")
    equal(count(alpha, [before, after], capture), 0, "lines with a marker on the dedicated link")
    alpha.shell(f"rm {capture}")


def test_qemus_ports_let_nobody_in(lab):
    """Neither without TLS nor with a key that is not the peer's."""
    guest = boot(lab)
    lab.protect(guest)
    make_foreign(lab.alpha)
    try:
        with lab.load("numbers", guest) as load, Unchanged(lab, guest):
            ports = lab.beta.listeners()
            ports = [port for port in ports if port in QEMU]
            at_least(len(ports), 1, "ports of QEMU on beta")
            result = run_here(lab.alpha, "knock.py", "beta-dedicated", f"{DIRECTORY}/identity", *ports)
            equal(result.text, "", "ports that let somebody in")
            load.wait_requests(20)
        load.expect_no_failures()
        equal(lab.beta.state(guest.name), "protected", "the pair")
    finally:
        remove_foreign(lab.alpha)


# What can be made of certificates by who holds some keys, but not the right ones together.
FORGERIES = f"""
cd {DIRECTORY}
for kind in expired early swapped qemu; do
    mkdir -p $kind
    cp {IDENTITY}/ca-cert.pem {IDENTITY}/daemon-key.pem {IDENTITY}/daemon-cert.pem $kind
done
sign() {{
    openssl x509 -x509toreq -in {IDENTITY}/daemon-cert.pem -key {IDENTITY}/daemon-key.pem -copy_extensions copyall -out request
    openssl x509 -req -in request -CA {IDENTITY}/ca-cert.pem -CAkey {IDENTITY}/ca-key.pem -copy_extensions copyall \
        -not_before $2 -not_after $3 -out $1/daemon-cert.pem
}}
sign expired 20000101000000Z 20100101000000Z
sign early 20480101000000Z 20491231235959Z
cp identity/daemon-key.pem identity/daemon-cert.pem swapped
for folder in /var/lib/lockstep/qemu-tls/*; do
    cp $folder/client-key.pem qemu/daemon-key.pem
    cp $folder/client-cert.pem qemu/daemon-cert.pem
done
"""


def test_certificates_that_are_not_the_peers(lab):
    """alpha's own, but expired, not valid yet, swapped with another's, or those of its QEMU."""
    guest = boot(lab)
    lab.protect(guest)  # so that there are QEMU's
    alpha = lab.alpha
    fingerprint = alpha.lockstep("peer", "list", "--own")["fingerprint"]
    make_foreign(alpha)
    try:
        alpha.shell(FORGERIES)

        def greeting(directory):
            result = run_here(alpha, "stranger.py", "beta-dedicated", "order-after-hello", directory, fingerprint, check=False)
            equal(result.status, 0, f"status of a greeting with {directory}: {result.out}{result.err}")
            return result.out
        with Unchanged(lab, guest):
            if '"result"' not in greeting(IDENTITY):
                raise Failure("beta does not answer alpha's own key: nothing was tried")
            for kind in ("expired", "early", "swapped", "qemu"):
                if '"result"' in (answer := greeting(f"{DIRECTORY}/{kind}")):
                    raise Failure(f"beta answers a certificate that is {kind}: {answer}")
    finally:
        remove_foreign(alpha)


def test_a_peer_that_was_removed(lab):
    """Its key is as good as before, and opens nothing any more."""
    alpha, beta = lab.alpha, lab.beta
    fingerprint = alpha.lockstep("peer", "list", "--own")["fingerprint"]
    beta.lockstep("peer", "remove", "alpha")
    wait_for(lambda: not alpha.lockstep("peer", "list")["peers"][0]["connected"], 30, "alpha has lost beta")
    result = run_here(alpha, "hostile.py", "beta-dedicated", IDENTITY, fingerprint, "vanish", check=False)
    equal(result.status, 3, f"status of an order of one who was removed: {result.out}{result.err}")
    equal(beta.domains(), {}, "domains on beta")


def certificate(host):
    return host.run("sha256sum", f"{IDENTITY}/daemon-cert.pem").out.split()[0]


def test_keys_are_renewed_while_a_guest_is_protected(lab):
    """Those of the daemons and of QEMU; the next shadow uses the new ones."""
    guest = boot(lab)
    lab.protect(guest)
    fingerprints = [host.lockstep("peer", "list", "--own")["fingerprint"] for host in lab.hypervisors]
    with lab.load("numbers", guest) as load:
        for host in lab.hypervisors:
            before = certificate(host)
            host.service("stop")
            host.shell(f"rm {IDENTITY}/daemon-key.pem {IDENTITY}/daemon-cert.pem; rm -r /var/lib/lockstep/qemu-tls/*")
            host.service("start")
            lab.wait_peers(60)
            if certificate(host) == before:
                raise Failure(f"{host} has the certificate that it had before")
            equal([other.state(guest.name) for other in lab.hypervisors], ["protected"] * 2, "the pair")
            load.wait_requests(20)
        equal([host.lockstep("peer", "list", "--own")["fingerprint"] for host in lab.hypervisors], fingerprints,
              "what administrators have compared")
        lab.alpha.lockstep("unprotect", guest.name)
        lab.alpha.wait_state(guest.name, "none", 60)
        lab.protect(guest)
        load.wait_requests(20)
    load.expect_no_failures()
    load.verify()
    for host in lab.hypervisors:
        at_least(len(host.files("/var/lib/lockstep/qemu-tls")), 5, f"keys of QEMU on {host}, made anew")
