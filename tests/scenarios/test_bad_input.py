# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a user, a file or a stranger gets wrong: a clear error that says what to do, with a stable
name and exit status, and nothing changed anywhere."""

from faults.refusal import DENIED, FORGED, USAGE, Unchanged, expect_dbus_error, expect_refused
from harness import Failure, equal, wait_for

UNKNOWN = "nowhere"


def started(lab):
    """A guest on alpha that may still be booting: nothing here asks it for anything."""
    guest = lab.guest("web", start=False)
    lab.alpha.virsh("start", guest.name)
    return guest


def test_unknown_names(lab):
    guest = started(lab)
    alpha = lab.alpha
    with Unchanged(lab, guest):
        for command in (("protect", UNKNOWN, "beta"), ("preflight", UNKNOWN, "beta"), ("takeover", UNKNOWN, "--yes"),
                        ("continue-alone", UNKNOWN, "--yes"), ("unprotect", UNKNOWN), ("show", UNKNOWN)):
            expect_refused(alpha, ("UnknownDomain", "UnknownPair"), *command, mentions=[UNKNOWN])
        for command in (("protect", "web", UNKNOWN), ("preflight", "web", UNKNOWN), ("peer", "show", UNKNOWN),
                        ("peer", "remove", UNKNOWN)):
            expect_refused(alpha, "UnknownPeer", *command, mentions=[UNKNOWN])
        for command in (("takeover", "web", "--yes"), ("continue-alone", "web", "--yes"), ("unprotect", "web")):
            expect_refused(alpha, "UnknownPair", *command)
        expect_refused(alpha, "UnknownJob", "job", "show", 999, mentions=["999"])
        expect_refused(alpha, "UnknownJob", "job", "cancel", 999, mentions=["999"])
        expect_dbus_error(alpha, "UnknownDomain", "", "Manager", "Protect",
                          f"('{UNKNOWN}', 'beta', dbus.Dictionary({{}}, signature='sv'))")
        expect_dbus_error(alpha, "UnknownPeer", "", "Manager", "Protect",
                          f"('web', '{UNKNOWN}', dbus.Dictionary({{}}, signature='sv'))")


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


def test_options_that_make_no_sense(lab):
    """Over D-Bus, where nothing but the daemon checks them."""
    guest = started(lab)
    with Unchanged(lab, guest):
        for options in ("{'image-dir': 'x'}", "{'image-directory': dbus.Int32(7)}"):
            expect_dbus_error(lab.alpha, "InvalidArgument", "", "Manager", "Protect",
                              f"('web', 'beta', dbus.Dictionary({options}, signature='sv'))")
        expect_dbus_error(lab.alpha, "InvalidArgument", "", "Manager", "AddPeer",
                          "('beta-dedicated', 'xyz', dbus.Dictionary({}, signature='sv'))")
        expect_dbus_error(lab.alpha, "InvalidArgument", "", "Manager", "AddPeer",
                          f"('beta-dedicated', '{FORGED}', dbus.Dictionary({{'name': 'a b'}}, signature='sv'))")


def test_a_user_without_rights(lab):
    guest = started(lab)
    alpha = lab.alpha
    alpha.shell("id tester >/dev/null 2>&1 || useradd --no-create-home tester")
    as_user = "setpriv --reuid=tester --regid=tester --clear-groups"
    with Unchanged(lab, guest):
        for command in ("protect web beta", "peer remove beta", "preflight web beta"):
            result = alpha.shell(f"{as_user} lockstep {command} --json", check=False)
            equal(result.status, DENIED, f"exit status of 'lockstep {command}' as a user ({result.err})")
            if "NotAuthorized" not in result.err + result.out:
                raise Failure(f"lockstep {command} as a user: {result.out}{result.err}")
        # To look is allowed.
        alpha.shell(f"{as_user} lockstep list --json")
