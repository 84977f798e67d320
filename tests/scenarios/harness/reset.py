# SPDX-License-Identifier: LGPL-2.1-or-later
"""Puts a lab back to how it was after `lab up`, in a second or two."""

from concurrent.futures import ThreadPoolExecutor

from .basics import Failure, wait_for

# The only place that goes behind Lockstep's back: it must work whatever a scenario left.
CLEAN = r"""
lab-service stop lockstepd || true
pkill -KILL qemu-system || true
# Logs of the last scenario are not those of the next.
: >/var/log/lockstep/lockstepd.log
for attempt in $(seq 50); do
    left=$(virsh -q list --all --name | grep . || true)
    [[ -n $left ]] || break
    for domain in $left; do
        virsh -q destroy "$domain" >/dev/null 2>&1 || true
        virsh -q undefine "$domain" --managed-save --snapshots-metadata >/dev/null 2>&1 || true
    done
    sleep 0.05
done
[[ -z $left ]] || { echo "domains that cannot be removed: $left" >&2; exit 1; }
rm -rf /var/lib/lockstep/{state,history}.db* /var/lib/lockstep/{starts,kept} /var/lib/lockstep/images/* \
    /var/lib/libvirt/images/* \
    /var/log/libvirt/qemu/* /var/tmp/* /etc/lockstep/lockstepd.conf.scenario
lab-service start lockstepd
"""


def clean_witness(lab):
    # What an earlier scenario's pairs have left.
    lab.witness.run("etcdctl", "del", "--prefix", "/lockstep/")


def clean_client(lab):
    # Loads and watchers of a scenario that failed halfway.
    lab.client.shell("pkill -KILL -f lockstep-lab/client/[l]oad || true; pkill tcpdump || true; rm -rf /tmp/load")


def settle(lab):
    lab.heal()
    for name in sorted(lab.off):
        lab.call("plug", name)
    lab.off.clear()
    for host, process in sorted(lab.frozen):
        lab.call("thaw", host, process, check=False)
    lab.frozen.clear()
    for host in lab.hypervisors:
        # A service that a scenario stopped, or one that was given up on after it crashed.
        for service in ("dbus", "polkit", "virtlogd", "libvirtd"):
            if lab.call("service", host.name, "status", service, check=False).status != 0:
                lab.call("service", host.name, "start", service)


def pair(lab):
    fingerprint = {host.name: host.lockstep("peer", "list", "--own")["fingerprint"] for host in lab.hypervisors}
    lab.alpha.lockstep("peer", "add", "beta-dedicated", "--fingerprint", fingerprint["beta"])
    wait_for(lambda: lab.beta.lockstep("peer", "list")["peers"], 10, "beta has heard that alpha asks")
    lab.beta.lockstep("peer", "accept", "alpha", "--fingerprint", fingerprint["alpha"])
    lab.wait_peers()


def reset_once(lab, paired):
    settle(lab)
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(host.shell, CLEAN, timeout=90) for host in lab.hypervisors]
        jobs += [pool.submit(clean, lab) for clean in (clean_client, clean_witness)]
        for job in jobs:
            job.result()
    if paired:
        pair(lab)


def reset(lab, paired=True):
    try:
        reset_once(lab, paired)
    except Failure as failure:
        print(f"the lab cannot be cleaned and is started anew: {failure}", flush=True)
        lab.down()
        lab.up()
        if paired:
            pair(lab)
