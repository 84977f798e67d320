# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lockstepd costs while nothing happens: with some number of idle pairs, on both their hosts. The QEMUs are real
ones, of guests that stand still from their first instruction on; where the machine is too small for them they are
stubbed at the level of QMP, by lockstep_bench_pairs, and the figures say so."""

import json
import os
import statistics
import time

from harness import Failure, wait_for
from harness.basics import run

from . import figures, profile

SAMPLES, SAMPLE_SECONDS = 3, 20
PAIR_MIB = 160  # two QEMUs without a guest to speak of
RESERVE_MIB = 2048
CONFIG = "/etc/lockstep/lockstepd.conf"
STUB = "LOCKSTEP_LAB_STUB"  # variable with the path of lockstep_bench_pairs

XML = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>16</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='/var/lib/libvirt/images/{name}.raw'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""

# The disk's first sector: cli; hlt; and once more should anything wake it.
DEFINE = r"""
for number in $(seq "$1"); do
    name=idle$number
    image=/var/lib/libvirt/images/$name.raw
    truncate -s 1M "$image"
    printf '\372\364\353\375' | dd of="$image" conv=notrunc status=none
    printf '\125\252' | dd of="$image" bs=1 seek=510 conv=notrunc status=none
    sed "s/{name}/$name/" >"/tmp/$name.xml" <<'END'
""" + XML + r"""END
    virsh -q define "/tmp/$name.xml"
    virsh -q start "$name"
done
"""
PROTECT = r"""
for number in $(seq "$1"); do
    lockstep protect "idle$number" beta >/dev/null
done
"""


def script(text, number):
    return f"set -- {number}\n{text}"


def needed_mib(number):
    return number * PAIR_MIB + RESERVE_MIB


def available_mib():
    """Of the machine that all hosts of the lab share."""
    with open("/proc/meminfo", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) // 1024


def fits(number):
    return needed_mib(number) <= available_mib()


def stubbed(number):
    """The same figures without QEMU, libvirt and D-Bus."""
    program = os.environ.get(STUB)
    if not program:
        raise Failure(f"not measured: {number} pairs need some {needed_mib(number)} MiB for their QEMUs, {available_mib()} MiB "
                      "are free, and lockstep_bench_pairs was not built: lab bench does")
    found = json.loads(run([program, "--pairs", number, "--seconds", SAMPLES * SAMPLE_SECONDS], timeout=600).out)
    # One process has both hosts' parts.
    return {**found, **{f"{host}_{name}": found[name] for host in ("alpha", "beta") for name in ("cpu", "mib")}}


def widen_ports(lab):
    """A hundred pairs need more ports than lockstepd has by itself. Clean hosts for the next cell bring the
    file's first state back: see restore()."""
    for host in lab.hypervisors:
        host.shell(f"cp -p {CONFIG} /tmp/lockstepd.conf.kept")
        host.lockstep("config", "replication.port-max=49999")
        host.service("restart")
        host.wait_service()
    lab.wait_peers()


def restore(lab):
    for host in lab.hypervisors:
        host.shell(f"[[ ! -e /tmp/lockstepd.conf.kept ]] || mv /tmp/lockstepd.conf.kept {CONFIG}")
        host.service("restart")


def readings(hosts):
    """What each daemon has used and holds, and when that was."""
    return {(host, process): (time.monotonic(), *figures.daemon_usage(host, process))
            for host in hosts for process in ("lockstepd", "libvirtd")}


def idle_usage(hosts):
    """(share of one core, MiB) by host and daemon, in a while in which nothing happens."""
    before = readings(hosts)
    time.sleep(SAMPLE_SECONDS)  # a sample of idleness, not a wait for something
    return {whose: ((used - before[whose][1]) / (at - before[whose][0]), resident)
            for whose, (at, used, resident) in readings(hosts).items()}


def reckoned(samples, hosts, number):
    """Median share of a core and most memory of some samples; of both hosts the one that needs more."""
    found = {"pairs": number, "stubbed": False}
    for host in hosts:
        for process, prefix in (("lockstepd", f"{host}"), ("libvirtd", f"{host}_libvirtd")):
            own = [sample[host, process] for sample in samples]
            found[f"{prefix}_cpu"] = round(statistics.median(share for share, _ in own), 5)
            found[f"{prefix}_mib"] = round(max(resident for _, resident in own), 2)
    for name in ("cpu", "mib"):
        found[name] = max(found[f"{host}_{name}"] for host in hosts)
    return found


def measure(lab, number):
    """Figures with that many pairs."""
    lab.reset()
    if not fits(number):
        return stubbed(number)
    widen_ports(lab)
    try:
        lab.alpha.shell(script(DEFINE, number), timeout=60 + 10 * number)
        lab.alpha.shell(script(PROTECT, number), timeout=60 + 30 * number)
        for host in lab.hypervisors:
            wait_for(lambda host=host: [pair["state"] for pair in host.lockstep("list")["pairs"]] == ["protected"] * number,
                     60, f"{number} pairs are protected for {host}")
        found = reckoned([idle_usage(lab.hypervisors) for _ in range(SAMPLES)], lab.hypervisors, number)
        return {**found, "memory": {host.name: figures.memory_kinds(host, "lockstepd") for host in lab.hypervisors},
                "threads": profile.threads_of_daemons(lab.hypervisors, SAMPLE_SECONDS)}
    finally:
        restore(lab)
