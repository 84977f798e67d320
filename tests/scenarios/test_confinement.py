# SPDX-License-Identifier: LGPL-2.1-or-later
"""lockstepd under its AppArmor profile, in force. Where the kernel has no AppArmor nothing is tried, and it says so."""

from faults.ground import boot
from harness import equal

PROFILE = "/etc/apparmor.d/usr.sbin.lockstepd"
ENFORCED = "/run/lockstepd.enforced"


def has_apparmor(host):
    return host.shell("cat /sys/module/apparmor/parameters/enabled 2>/dev/null || true").text == "Y"


def test_a_failover_under_apparmor(lab):
    if not has_apparmor(lab.alpha):
        print("  AppArmor is not in this kernel: its profile was parsed (lint), not enforced", flush=True)
        return
    try:
        for host in lab.hypervisors:
            host.shell(f"sed 's/,complain//' {PROFILE} >{ENFORCED}; apparmor_parser -r -K {ENFORCED}")
            host.service("restart")
            label = host.shell("cat /proc/$(pidof lockstepd)/attr/current").text
            equal(label, "lockstepd (enforce)", f"what confines lockstepd on {host}")
        lab.wait_peers(60)
        guest = boot(lab)
        with lab.load("numbers", guest) as load:
            lab.protect(guest)
            load.wait_requests(20)
            lab.alpha.lockstep("switchover", guest.name)
            lab.beta.wait_state(guest.name, "alone", 60)
            load.wait_requests(20)
        load.expect_no_failures()
        load.verify()
        equal([finding["id"] for finding in lab.beta.lockstep("doctor", check=False, timeout=90).json["findings"]
               if finding["severity"] == "error"], [], "errors that a confined lockstepd finds")
    finally:
        for host in lab.hypervisors:
            host.shell(f"apparmor_parser -R {ENFORCED}; rm -f {ENFORCED}", check=False)
            host.service("restart")
