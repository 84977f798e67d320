# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's hook: nobody starts by mistake what another host runs, whatever is up or down here."""

import json
import statistics

from harness import at_most, equal, Failure, wait_for

HOOK = "/etc/libvirt/hooks/qemu.d/lockstep"
STARTS = "/var/lib/lockstep/starts"
REASON = "it runs on beta (epoch 7)."
CALLS = 50
MOST_MS = 50

# Prints what each call took, in ms.
MEASURE = r"""
import json, subprocess, sys, time
xml, taken = sys.stdin.buffer.read(), []
for _ in range(int(sys.argv[2])):
    begin = time.monotonic()
    subprocess.run([sys.argv[1], "web", "prepare", "begin", "-"], input=xml, stderr=subprocess.DEVNULL, check=False)
    taken.append((time.monotonic() - begin) * 1000)
print(json.dumps(taken))
"""


def answer(host, domain, content):
    """Leaves lockstepd's word on a domain; None: none at all."""
    path = f"{STARTS}/{host.virsh('domuuid', domain).text}"
    if content is None:
        host.run("rm", "-f", path)
    else:
        host.shell(f"mkdir -p {STARTS}; cat > {path}", input=content)


def expect_refused(host, *command, words=("is not started on this host", REASON)):
    result = host.virsh(*command, check=False)
    if result.status == 0:
        raise Failure(f"{command} was not refused")
    for word in words:
        if word not in result.err:
            raise Failure(f"{command} does not say {word!r}: {result.err}")


def redefine(host, domain, change):
    xml = host.virsh("dumpxml", "--inactive", domain).out
    host.shell("cat > /tmp/changed.xml", input=change(xml))
    host.virsh("define", "/tmp/changed.xml")


def test_what_is_asked_to_start(lab):
    alpha = lab.alpha
    for name in ("web", "web2"):
        lab.guest(name, start=False)
    answer(alpha, "web", f"refuse\n{REASON}\n")
    # Nothing of it needs lockstepd.
    alpha.service("stop")
    expect_refused(alpha, "start", "web")
    expect_refused(alpha, "start", "web", "--paused")
    alpha.virsh("start", "web2")
    equal(alpha.domains(), {"web": "shut off", "web2": "running"}, "domains, one of them refused")

    alpha.shell("virsh -q dumpxml --inactive web > /tmp/web.xml")
    expect_refused(alpha, "create", "/tmp/web.xml")
    answer(alpha, "web", "allo")
    expect_refused(alpha, "start", "web", words=("is damaged", "Restart lockstepd"))
    for content in ("allow\n", None):
        answer(alpha, "web", content)
        alpha.virsh("start", "web")
        # One that runs is left alone, whatever is decided meanwhile.
        answer(alpha, "web", f"refuse\n{REASON}\n")
        lab.call("service", "alpha", "restart", "libvirtd")
        equal(alpha.domains(), {"web": "running", "web2": "running"}, "domains, libvirtd restarted")
        alpha.virsh("destroy", "web")
    alpha.service("start")


def test_what_was_saved_is_not_restored(lab):
    alpha, saved = lab.alpha, "/var/lib/libvirt/images/web.save"
    guest = lab.guest("web")
    alpha.virsh("save", "web", saved, timeout=180)
    answer(alpha, "web", f"refuse\n{REASON}\n")
    expect_refused(alpha, "restore", saved)
    answer(alpha, "web", None)
    alpha.virsh("start", "web")
    guest.wait_answers()
    alpha.virsh("managedsave", "web", timeout=180)
    answer(alpha, "web", f"refuse\n{REASON}\n")
    expect_refused(alpha, "start", "web")
    equal(alpha.virsh("list", "--all", "--managed-save").out.split()[1:], ["web", "saved"], "the domain, still saved")


def test_a_domain_that_waits_is_no_risk(lab):
    """So a shadow is started. A definition may have the same by mistake: its guest does not run."""
    alpha = lab.alpha
    lab.guest("web", start=False)
    redefine(alpha, "web", lambda xml: xml.replace(
        "<domain ", "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ", 1).replace(
        "</domain>", "<qemu:commandline><qemu:arg value='-incoming'/><qemu:arg value='defer'/>"
        "</qemu:commandline></domain>"))
    answer(alpha, "web", f"refuse\n{REASON}\n")
    alpha.virsh("start", "web")
    equal(alpha.qmp("web", "query-status")["status"], "inmigrate", "what QEMU does")
    alpha.virsh("resume", "web", check=False)
    equal(alpha.qmp("web", "query-status")["status"], "inmigrate", "what QEMU does, told to go on")


def test_autostart_on_a_host_that_comes_back(lab):
    alpha, beta = lab.alpha, lab.beta
    guest = lab.guest("web")
    lab.guest("web2")
    for name in ("web", "web2"):
        alpha.virsh("autostart", name)
    lab.protect(guest)
    answer(alpha, "web", f"refuse\n{REASON}\n")
    lab.unplug("alpha")
    beta.lockstep("takeover", "web")
    lab.plug("alpha")

    def refused():
        log = alpha.run("cat", "/var/log/lab/libvirtd.log").out
        return "Failed to autostart VM 'web'" in log and "web is not started on this host" in log
    wait_for(refused, 60, "libvirt's log tells that web was refused")
    alpha.wait_state("web", "stale", 60)
    equal(alpha.domains(), {"web": "shut off", "web2": "running"}, "domains on alpha")
    equal(guest.answers(10), True, "web answers, from beta")
    expect_refused(alpha, "start", "web", words=("is not started on this host",))
    # A shadow is let through.
    beta.lockstep("protect", "web")
    equal(alpha.wait_state("web", "protected")["role"], "secondary", "alpha's role")
    guest.wait_answers()


def test_how_long_it_takes(lab):
    alpha = lab.alpha
    lab.guest("web", start=False)
    xml = alpha.virsh("dumpxml", "web").out
    long = xml.replace("</domain>", f"<description>{'text ' * 100000}</description></domain>")
    cases = (("not paired", None, xml), ("allowed", "allow\n", xml), ("refused", f"refuse\n{REASON}\n", xml),
             ("refused, 500 kB of XML", f"refuse\n{REASON}\n", long))
    for what, content, text in cases:
        answer(alpha, "web", content)
        # Somebody else's is there in any case, or nothing would be read.
        alpha.shell(f"mkdir -p {STARTS}; echo allow > {STARTS}/00000000-1111-2222-3333-444444444444")
        taken = json.loads(alpha.run("python3", "-c", MEASURE, HOOK, CALLS, input=text).out)
        lab.figure(f"{what}: median", statistics.median(taken), "ms")
        lab.figure(f"{what}: longest of {CALLS}", max(taken), "ms")
        at_most(max(taken) if lab.full else statistics.median(taken), MOST_MS, f"ms for a domain that is {what}")
