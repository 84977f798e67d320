# SPDX-License-Identifier: LGPL-2.1-or-later
"""A shadow is lost and comes back: only what has changed is copied, or all of it, and it is said why."""

import json
import threading
import time

from harness import Failure, at_least, at_most, equal, for_guests, full_only, wait_for

MIB = 1 << 20
KEPT = "has all of the copy on disk"


class Disk:
    """How large a guest's disk is, what is on it, and what changes while there is no shadow; in MiB."""

    def __init__(self, size, content, changed):
        self.size, self.content, self.changed = size, content, changed


SMALL = Disk(512, 192, 4)
LARGE = Disk(10 * 1024, 9 * 1024, 100)


def put(guest, name, mib):
    """The guest stores that much of what nobody can compress, and has it on disk."""
    guest.lab.client.shell(f"file=$(mktemp); trap 'rm -f $file' EXIT; head -c {mib}M /dev/urandom >$file; "
                           f"curl -sS -f -o /dev/null -H Expect: -T $file http://{guest.address}/files/{name}",
                           timeout=600 + mib)


def boot(lab, disk):
    guest = lab.guest("web", arguments=("--disk", disk.size))
    part = min(disk.content, 512)
    for number in range(disk.content // part):
        put(guest, f"old{number}", part)
    return guest


def protect(lab, guest):
    """Protects, and waits until a loss of the shadow would cost only what changes. Returns the job."""
    job = lab.protect(guest)
    wait_for(lambda: notes(lab, KEPT) >= protections(lab), 60, "beta has the copy on disk")
    return job


def notes(lab, text):
    events = lab.alpha.lockstep("events", "--limit", "1000")
    return sum(text in event["text"] for event in events)


def protections(lab):
    jobs = lab.alpha.jobs()
    return sum(job["kind"] == "protect" and job["state"] == "done" for job in jobs)


def lose_shadow(lab, guest):
    lab.unplug("beta")
    wait_for(lambda: lab.alpha.state(guest.name) == "interrupted", 60, "alpha knows that beta is gone")
    lab.alpha.lockstep("continue-alone", guest.name, timeout=60)
    lab.alpha.wait_state(guest.name, "alone", 60)


def shadow_back(lab, guest):
    lab.plug("beta")
    lab.beta.wait_state(guest.name, "none", 60)
    lab.wait_peers()


def expect_full(lab, guest, reason):
    """Protects once more; all is copied, the job and the history tell why, and it is right."""
    job = protect(lab, guest)
    equal((job["result"]["copy"], job["result"].get("copy-reason")), ("full", reason), "the copy")
    at_least(notes(lab, f"({reason})"), 1, f"events that tell of {reason}")
    expect_equal_images(lab, guest)


def digest(host, image, form):
    """Of what a guest reads from an image, whatever way it lies there."""
    raw = "/var/tmp/lockstep-compare.raw"
    host.run("qemu-img", "convert", "-U", "-f", form, "-O", "raw", image, raw, timeout=900)
    try:
        return host.run("sha256sum", raw, timeout=900).out.split()[0]
    finally:
        host.run("rm", "-f", raw)


def expect_equal_images(lab, guest):
    """Nothing is written while the guest is suspended; what was is put on disk on both hosts."""
    lab.alpha.virsh("suspend", guest.name)
    try:
        wait_for(lambda: lab.alpha.qmp(guest.name, "query-status")["status"] == "paused", 30, "the guest is suspended")
        pair = lab.alpha.pair(guest.name)
        nodes = [export["node-name"] for export in lab.beta.qmp(guest.name, "query-block-exports")]
        equal(len(nodes), len(pair["disks"]), "exports on beta")
        for node in nodes:
            lab.beta.qmp(guest.name, "human-monitor-command", command_line=f"qemu-io {node} flush")
        for disk in pair["disks"]:
            form = json.loads(lab.alpha.run("qemu-img", "info", "-U", "--output=json", disk["source"]).out)["format"]
            equal(digest(lab.beta, disk["replica"], form), digest(lab.alpha, disk["source"], form),
                  f"what is on the replica of {disk['target']}")
    finally:
        lab.alpha.virsh("resume", guest.name)


class Phases:
    """How long each step of the protection that runs meanwhile takes, in seconds."""

    def __init__(self, lab):
        self.lab, self.seconds, self.ended = lab, {}, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        last = time.monotonic()
        while not self.ended.is_set():
            try:
                running = [job for job in self.lab.alpha.jobs() if job["state"] == "running"]
            except Failure:
                running = []
            now = time.monotonic()
            for job in running:
                self.seconds[job["phase"]] = self.seconds.get(job["phase"], 0) + now - last
            last = now

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    @property
    def copying(self):
        return sum(seconds for phase, seconds in self.seconds.items() if phase.startswith("copy disks")
                   or phase.startswith("copy what has changed"))


def measured(lab, guest):
    """The job of a protection, what alpha has sent for it, and how long the disks took."""
    before = lab.alpha.sent()
    with Phases(lab) as phases:
        job = protect(lab, guest)
    return job, lab.alpha.sent() - before, phases.copying


def copy_again(lab, disk):
    guest = boot(lab, disk)
    job, all_sent, all_took = measured(lab, guest)
    equal((job["result"]["copy"], job["result"]["copy-reason"]), ("full", "first"), "the first copy")
    lose_shadow(lab, guest)
    put(guest, "new", disk.changed)
    shadow_back(lab, guest)
    job, sent, took = measured(lab, guest)
    equal(job["result"]["copy"], "changes", f"the second copy ({job['result'].get('copy-reason')})")
    copied = job["result"]["copied-bytes"]
    lab.figure("disk", disk.size, "MiB")
    lab.figure("sent for all of it", all_sent, "bytes")
    lab.figure("sent for what has changed", sent, "bytes")
    lab.figure("gone through for what has changed", copied, "bytes")
    lab.figure("copying all of it", all_took, "s")
    lab.figure("copying what has changed", took, "s")
    at_least(copied, disk.changed * MIB, "bytes that were copied")
    # The file system's journal and tables, in pieces of 64 KiB.
    at_most(copied, (disk.changed * 2 + 32) * MIB, "bytes that were copied")
    # Both times memory is sent, too; how much of it the guest uses differs a little.
    at_least(all_sent - sent, disk.content * MIB * 0.7, "bytes that were not sent")
    expect_equal_images(lab, guest)
    return guest, took / all_took


def test_copies_only_what_has_changed(lab):
    guest, _ = copy_again(lab, SMALL)
    last = guest.last_number()
    digests = {name: guest.get(f"/files/{name}/sha256") for name in ("old0", "new")}
    lab.unplug("alpha")
    lab.beta.lockstep("takeover", guest.name, "--yes")
    guest.wait_answers()
    for name, wanted in digests.items():
        equal(guest.get(f"/files/{name}/sha256"), wanted, f"{name} after a takeover")
    equal(guest.last_number(), last, "the last number after a takeover")


@full_only
def test_is_in_step_again_in_a_twentieth_of_the_time(lab):
    _, share = copy_again(lab, LARGE)
    lab.figure("copying what has changed, of copying all", share, "")
    at_most(share, 0.05, "share of the time that a whole copy takes")


def test_sends_no_zeros(lab):
    """A disk that is nearly empty costs next to nothing, whatever its size."""
    guest = lab.guest("web", arguments=("--disk", 2048))
    before = lab.alpha.sent()
    lab.protect(guest)
    sent = lab.alpha.sent() - before
    lab.figure("sent for an empty disk of 2 GiB", sent, "bytes")
    at_most(sent, 640 * MIB, "bytes that were sent for it, and for 256 MiB of memory")
    lab.alpha.lockstep("unprotect", guest.name)
    equal(lab.beta.files(), [], "images on beta")


@full_only
def test_leaves_the_guest_its_disk(lab):
    """Each number is on the guest's disk before it is answered."""
    guest = boot(lab, Disk(4096, 3072, 0))

    def rate(during):
        first = last = load.status()
        while during():
            last = load.status()
            time.sleep(0.2)
        return (last["requests"] - first["requests"]) / max(last["at"] - first["at"], 0.001)

    with lab.load("numbers", guest, connections=1) as load:
        load.run_for(3)
        end = load.status()["at"] + 15
        alone = rate(lambda: load.status()["at"] < end)
        job = lab.alpha.lockstep("protect", guest.name, "beta", "--no-wait")

        def copies():
            return lab.alpha.lockstep("job", "show", job["id"])["phase"] == "copy disks"
        wait_for(copies, 60, "it copies", every=0)
        beside = rate(copies)
    load.expect_no_failures()
    lab.figure("numbers a second without a copy", alone, "1/s")
    lab.figure("numbers a second beside the copy", beside, "1/s")
    at_least(beside / alone, 0.8, "share of its disk's speed that the guest kept")
    lab.alpha.wait_state(guest.name, "protected", 600)


def rate_of_copy(host, guest, mib):
    """MiB a second, over so many of them, and what QEMU was told. By the host's counter: QEMU's has zeros, too, which are not
    sent. Memory is not copied before the disks are."""
    sent, begin = host.sent(), time.monotonic()
    wait_for(lambda: host.sent() >= sent + mib * MIB, 120, f"{mib} MiB more have been copied")
    rate = (host.sent() - sent) / (time.monotonic() - begin) / MIB
    return rate, speed_of_copy(host, guest)  # it still runs


def speed_of_copy(host, guest):
    """What QEMU was told, in MiB a second."""
    jobs = host.qmp(guest.name, "query-block-jobs")
    equal([job["ready"] for job in jobs], [False], "copies that run, and whether they are through")
    return jobs[0]["speed"] / MIB


@full_only
def test_keeps_to_the_speed_that_is_set(lab):
    """Chosen when it begins, and raised while it runs."""
    guest = boot(lab, SMALL)
    alpha = lab.alpha
    job = alpha.lockstep("protect", guest.name, "beta", "--no-wait", "--set", "copy-speed=4MiB/s")["id"]

    def copies():
        running = alpha.lockstep("job", "show", job)
        return running["phase"] == "copy disks" and running["bytes-done"] > 0
    wait_for(copies, 120, "the disk is being copied")
    rate_of_copy(alpha, guest, 24)  # QEMU fills its buffer of 10 MiB before it minds the speed
    slow, told = rate_of_copy(alpha, guest, 24)
    lab.figure("copy of a disk limited to 4 MiB/s", slow, "MiB/s")
    equal(told, 4, "MiB a second that QEMU was told")
    at_least(slow, 2, "MiB a second of a copy that may take 4")
    at_most(slow, 5, "MiB a second of a copy that may take 4")
    alpha.lockstep("set", guest.name, "copy-speed=12MiB/s")
    for host in lab.hypervisors:
        equal(host.lockstep("show", guest.name)["copy-speed-bytes"], 12 * MIB, f"the speed on {host}")
    wait_for(lambda: speed_of_copy(alpha, guest) == 12, 10, "QEMU was told")
    faster, told = rate_of_copy(alpha, guest, 48)
    lab.figure("copy of a disk limited to 12 MiB/s", faster, "MiB/s")
    equal(told, 12, "MiB a second that QEMU was told")
    at_least(faster, slow * 1.5, "MiB a second after the speed was raised from 4 to 12")
    at_most(faster, 15, "MiB a second of a copy that may take 12")
    alpha.lockstep("set", guest.name, "copy-speed=default")
    alpha.lockstep("job", "wait", job)
    alpha.wait_state(guest.name, "protected")
    equal([host.lockstep("show", guest.name)["copy-speed-bytes"] for host in lab.hypervisors], [0, 0], "the speed on both hosts")
    expect_equal_images(lab, guest)


@full_only
@for_guests("link cut", "QEMU killed")
def test_another_way_to_lose_it(lab, way):
    guest = boot(lab, SMALL)
    protect(lab, guest)
    if way == "link cut":
        lab.cut("dedicated")
    else:
        lab.beta.run("pkill", "-KILL", "qemu-system")
    wait_for(lambda: lab.alpha.state(guest.name) in ("interrupted", "alone"), 60, "alpha knows")
    lab.alpha.lockstep("continue-alone", guest.name, "--yes", check=False, timeout=60)
    lab.alpha.wait_state(guest.name, "alone", 60)
    put(guest, "new", SMALL.changed)
    lab.heal()
    lab.beta.wait_state(guest.name, "none", 60)
    lab.wait_peers()
    job = protect(lab, guest)
    equal(job["result"]["copy"], "changes", f"the copy ({job['result'].get('copy-reason')})")
    expect_equal_images(lab, guest)


@full_only
def test_guest_was_started_anew(lab):
    guest = boot(lab, SMALL)
    protect(lab, guest)
    lose_shadow(lab, guest)
    guest.power_off()
    wait_for(lambda: lab.alpha.domains() == {guest.name: "shut off"}, 60, "the domain is off on alpha")
    lab.alpha.virsh("start", guest.name)
    guest.wait_answers()
    lab.alpha.wait_state(guest.name, "alone", 60)
    shadow_back(lab, guest)
    expect_full(lab, guest, "guest-restarted")


@for_guests("touched", full=("other-size", "no-replica"))
def test_replica_is_another_one(lab, reason):
    guest = boot(lab, SMALL)
    replica = None
    protect(lab, guest)
    replica = lab.beta.pair(guest.name)["disks"][0]["replica"]
    lose_shadow(lab, guest)
    shadow_back(lab, guest)
    equal(replica in lab.beta.files(), True, "whether the replica was kept")
    if reason == "touched":
        lab.beta.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 64M 64k", replica)
    elif reason == "no-replica":
        lab.beta.run("rm", replica)
    else:
        note = f"/var/lib/lockstep/kept/{lab.alpha.pair(guest.name)['uuid']}.json"
        lab.beta.run("sed", "-i", r's/"size":[0-9]*/"size":65536/', note)
    expect_full(lab, guest, reason)
    equal(replica in lab.beta.files(), False, "whether the old replica is still there")


@full_only
def test_note_of_another_copy(lab):
    guest = boot(lab, SMALL)
    protect(lab, guest)
    lose_shadow(lab, guest)
    shadow_back(lab, guest)
    note = f"/var/lib/lockstep/kept/{lab.alpha.pair(guest.name)['uuid']}.json"
    lab.beta.run("sed", "-i", r's/"copy":"[^"]*"/"copy":"00000000-0000-4000-8000-000000000001"/', note)
    expect_full(lab, guest, "other-copy")


def test_after_a_takeover(lab):
    """What was being written on the host that was lost nobody knows."""
    guest = boot(lab, SMALL)
    protect(lab, guest)
    lab.unplug("alpha")
    lab.beta.lockstep("takeover", guest.name, "--yes")
    guest.wait_answers()
    lab.beta.wait_state(guest.name, "alone", 60)
    lab.plug("alpha")
    lab.wait_peers()
    lab.alpha.wait_state(guest.name, "stale", 60)
    job = lab.beta.lockstep("protect", guest.name)
    equal((job["result"]["copy"], job["result"]["copy-reason"]), ("full", "took-over"), "the copy back")


def set_speed(lab, speed):
    """How fast alpha copies, in MiB a second; it counts from the start of its daemon."""
    lab.alpha.lockstep("config", f"replication.copy-speed={speed}")
    lab.alpha.service("restart")
    lab.alpha.wait_service()


def test_power_cut_while_it_copies(lab):
    """The guest goes on, also with what it writes where nothing was copied yet."""
    guest = boot(lab, SMALL)
    protect(lab, guest)
    lose_shadow(lab, guest)
    put(guest, "new", 64)
    try:
        set_speed(lab, 1)
        shadow_back(lab, guest)
        job = lab.alpha.lockstep("protect", guest.name, "--no-wait")

        def now(member):
            return [each[member] for each in lab.alpha.jobs() if each["id"] == job["id"]]
        wait_for(lambda: now("phase") == ["copy what has changed on the disks"], 60, "it copies", every=0)
        with lab.load("numbers", guest, connections=1) as load:
            load.wait_requests(20)
            lab.unplug("beta")
            wait_for(lambda: now("state") == ["failed"], 90, "the job has failed")
            load.wait_requests(20, 60)
        load.expect_no_failures()
        put(guest, "new", 64)
    finally:
        set_speed(lab, "default")
    shadow_back(lab, guest)
    expect_full(lab, guest, "interrupted")
