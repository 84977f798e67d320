# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a user, a file or a stranger gets wrong about hosts and domains as they are: a clear error that says what to
do, with a stable name and exit status, and nothing changed anywhere. Wrong words and calls: test_wrong_uses.py."""

from faults.refusal import FORGED, USAGE, Unchanged, expect_refused
from harness import Failure, equal, wait_for

UNKNOWN = "nowhere"


def started(lab):
    """A guest on alpha that may still be booting: nothing here asks it for anything."""
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", guest.name)
    return guest


def test_a_domain_that_is_off(lab):
    lab.guest("web", start=False)
    with Unchanged(lab):
        expect_refused(lab.alpha, "DomainNotRunning", "protect", "web", "beta", mentions=["web", "virsh start"])


def test_a_domain_that_is_protected_already(lab):
    guest = started(lab)
    lab.protect(guest)
    with Unchanged(lab, guest):
        expect_refused(lab.alpha, "AlreadyProtected", "protect", "web", "beta", mentions=["beta"])
        expect_refused(lab.beta, "WrongRole", "protect", "web", "alpha", mentions=["alpha"])
        expect_refused(lab.alpha, "WrongRole", "takeover", "web", "--yes")
        expect_refused(lab.beta, "WrongRole", "continue-alone", "web", "--yes")
        expect_refused(lab.beta, "WrongRole", "unprotect", "web")


def test_peers_that_do_not_agree(lab):
    """Wrong fingerprints, a peer that has not accepted, and one that refuses."""
    guest = started(lab)
    alpha, beta = lab.alpha, lab.beta
    own = beta.lockstep("peer", "list", "--own")["fingerprint"]
    with Unchanged(lab, guest):
        expect_refused(alpha, "PeerExists", "peer", "add", "beta-dedicated", "--fingerprint", own)
        expect_refused(alpha, ("PeerUnreachable", "NetworkError"), "peer", "add", "10.77.0.99", "--yes",
                       mentions=["10.77.0.99"])
    alpha.lockstep("peer", "remove", "beta")
    beta.lockstep("peer", "remove", "alpha")
    with Unchanged(lab, guest):
        expect_refused(alpha, "FingerprintMismatch", "peer", "add", "beta-dedicated", "--fingerprint", FORGED)
        expect_refused(alpha, "InvalidArgument", "peer", "add", "beta-dedicated", "--fingerprint", "abc", status=USAGE)
    alpha.lockstep("peer", "add", "beta-dedicated", "--fingerprint", own)
    wait_for(lambda: beta.lockstep("peer", "list")["peers"], 20, "beta has heard that alpha asks")
    with Unchanged(lab, guest):
        expect_refused(alpha, "PeerNotAccepted", "protect", "web", "beta", mentions=["beta", "peer accept"])
        expect_refused(beta, "FingerprintMismatch", "peer", "accept", "alpha", "--fingerprint", FORGED)
        expect_refused(beta, "UnknownPeer", "peer", "accept", UNKNOWN, "--yes")
    beta.lockstep("peer", "accept", "alpha", "--yes")
    lab.wait_peers()
    beta.lockstep("peer", "remove", "alpha")
    wait_for(lambda: not alpha.lockstep("peer", "list")["peers"][0]["connected"], 30, "alpha has lost beta")
    expect_refused(alpha, ("PeerNotAccepted", "PeerRefused", "PeerUnreachable"), "protect", "web", "beta",
                   mentions=["beta"])


def test_a_changed_fingerprint(lab):
    """beta comes back with another key, as if it were another machine."""
    guest = started(lab)
    alpha, beta = lab.alpha, lab.beta
    old = beta.lockstep("peer", "list", "--own")["fingerprint"]
    beta.service("stop")
    beta.shell("rm -rf /var/lib/lockstep/identity")
    beta.service("start")
    new = beta.lockstep("peer", "list", "--own")["fingerprint"]
    if new == old:
        raise Failure("beta has the fingerprint that it had before")
    with Unchanged(lab, guest, peers=False):
        def problem():
            peer = alpha.lockstep("peer", "show", "beta")
            return not peer["connected"] and "ingerprint" in peer["last-error"]
        wait_for(problem, 30, "alpha says that beta shows another fingerprint")
        expect_refused(alpha, ("FingerprintMismatch", "PeerUnreachable"), "protect", "web", "beta",
                       mentions=["ingerprint"])
        expect_refused(alpha, "PeerExists", "peer", "add", "beta-dedicated", "--yes", mentions=["remove"])


def test_a_name_that_is_taken(lab):
    guest = started(lab)
    beta = lab.beta
    beta.shell("/usr/share/lockstep-lab/bin/guest-define web")
    with Unchanged(lab, guest):
        expect_refused(lab.alpha, ("PreflightFailed", "NameTaken"), "protect", "web", "beta",
                       mentions=["web", "beta"])
    beta.shell("virsh -q undefine web; rm -f /var/lib/libvirt/images/web.qcow2")
    # The same domain, by its UUID, alive on the other host.
    xml = lab.alpha.virsh("dumpxml", "--inactive", "web").out
    beta.shell("cat > /tmp/web.xml; qemu-img create -q -f qcow2 /var/lib/libvirt/images/web.qcow2 128M; "
               "virsh -q create --paused /tmp/web.xml", input=xml)
    with Unchanged(lab, guest):
        expect_refused(lab.alpha, ("PreflightFailed", "NameTaken"), "protect", "web", "beta",
                       mentions=["web", "beta"])


def test_no_space_on_the_other_side(lab):
    guest = started(lab)
    beta = lab.beta
    # lockstepd has its own view of mounts, made when it starts.
    beta.service("stop")
    beta.shell("mkdir -p /srv/small && mount -t tmpfs -o size=16M tmpfs /srv/small")
    beta.service("start")
    lab.wait_peers()
    try:
        with Unchanged(lab, guest):
            expect_refused(lab.alpha, ("PreflightFailed", "NoSpace"), "protect", "web", "beta",
                           "--image-directory", "/srv/small", mentions=["/srv/small", "beta"])
            expect_refused(lab.alpha, ("PreflightFailed", "InvalidArgument"), "protect", "web", "beta",
                           "--image-directory", "relative/path", mentions=["relative/path"],
                           status=None)
            expect_refused(lab.alpha, "PreflightFailed", "protect", "web", "beta",
                           "--image-directory", "/srv/no/such/folder", mentions=["/srv/no/such/folder", "does not exist"])
        beta.run("test", "!", "-e", "/srv/no")
        equal(beta.files("/srv/small"), [], "files on the full file system")
    finally:
        beta.service("stop")
        beta.shell("umount /srv/small && rmdir /srv/small")
        beta.service("start")
