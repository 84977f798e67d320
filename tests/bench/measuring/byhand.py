# SPDX-License-Identifier: LGPL-2.1-or-later
"""COLO as QEMU's own document sets it up (docs/system/qemu-colo.rst), without libvirt and lockstepd: the guest begins
inside COLO. Words and commands are the document's; what differs from it stands in docs/benchmark.md, with the reasons."""

import dataclasses
import json
import pathlib
import shlex
import subprocess
import xml.etree.ElementTree as ElementTree

from harness import Failure, wait_for
from harness.basics import run
from harness.host import LAB
from harness.watch import Events, Watch

MONITOR = pathlib.Path(__file__).with_name("monitor.py").read_text(encoding="utf-8")
FOLDER = "/run/by-hand"
PRIMARY, SECONDARY = "10.77.0.1", "10.77.0.2"  # on the dedicated link
BRIDGE_HELPER = "/usr/lib/qemu/qemu-bridge-helper"


@dataclasses.dataclass(frozen=True)
class Machine:
    """A guest of the lab, as its libvirt definition has it."""

    name: str
    kernel: str
    initrd: str
    append: str
    memory_mib: int
    disk: str
    mac: str
    bridge: str


def read_machine(xml):
    """From the XML of a guest with one disk and one NIC."""
    domain = ElementTree.fromstring(xml)
    memory = domain.find("memory")
    factor = {"KiB": 1, "MiB": 1024, "GiB": 1024 * 1024}[memory.get("unit", "KiB")]
    return Machine(name=domain.findtext("name"), kernel=domain.findtext("os/kernel"), initrd=domain.findtext("os/initrd"),
                   append=domain.findtext("os/cmdline"), memory_mib=int(memory.text) * factor // 1024,
                   disk=domain.find("devices/disk/source").get("file"),
                   mac=domain.find("devices/interface/mac").get("address"),
                   bridge=domain.find("devices/interface/source").get("bridge"))


def machine_words(machine, role):
    """What both sides have: the machine that libvirt makes of the definition, and two monitors."""
    return ["qemu-system-x86_64", "-name", role, "-machine", "q35,accel=tcg", "-cpu", "qemu64", "-m", machine.memory_mib,
            "-smp", "1", "-nodefaults", "-display", "none", "-serial", f"file:{FOLDER}/console.log",
            "-kernel", machine.kernel, "-initrd", machine.initrd, "-append", machine.append,
            "-qmp", f"unix:{FOLDER}/commands,server=on,wait=off", "-qmp", f"unix:{FOLDER}/events,server=on,wait=off",
            "-netdev", f"tap,id=hn0,vhost=off,br={machine.bridge},helper={BRIDGE_HELPER}",
            "-device", f"virtio-net-pci,id=e0,netdev=hn0,mac={machine.mac},romfile="]


def primary_words(machine):
    """The document's step 1."""
    header = "vnet_hdr_support=on"
    return [*machine_words(machine, "primary"),
            "-chardev", "socket,id=mirror0,host=0.0.0.0,port=9003,server=on,wait=off",
            "-chardev", "socket,id=compare1,host=0.0.0.0,port=9004,server=on,wait=on",
            "-chardev", "socket,id=compare0,host=127.0.0.1,port=9001,server=on,wait=off",
            "-chardev", "socket,id=compare0-0,host=127.0.0.1,port=9001",
            "-chardev", "socket,id=compare_out,host=127.0.0.1,port=9005,server=on,wait=off",
            "-chardev", "socket,id=compare_out0,host=127.0.0.1,port=9005",
            "-object", f"filter-mirror,id=m0,netdev=hn0,queue=tx,outdev=mirror0,{header}",
            "-object", f"filter-redirector,netdev=hn0,id=redire0,queue=rx,indev=compare_out,{header}",
            "-object", f"filter-redirector,netdev=hn0,id=redire1,queue=rx,outdev=compare0,{header}",
            "-object", "iothread,id=iothread1",
            "-object", "colo-compare,id=comp0,primary_in=compare0-0,secondary_in=compare1,outdev=compare_out0,"
                       f"iothread=iothread1,{header}",
            "-drive", "if=virtio,id=colo-disk0,driver=quorum,read-pattern=fifo,vote-threshold=1,"
                      f"children.0.file.filename={machine.disk},children.0.driver=qcow2", "-S"]


def secondary_words(machine):
    """The document's step 2."""
    header = "vnet_hdr_support=on"
    return [*machine_words(machine, "secondary"),
            "-chardev", f"socket,id=red0,host={PRIMARY},port=9003,reconnect-ms=1000",
            "-chardev", f"socket,id=red1,host={PRIMARY},port=9004,reconnect-ms=1000",
            "-object", f"filter-redirector,id=f1,netdev=hn0,queue=tx,indev=red0,{header}",
            "-object", f"filter-redirector,id=f2,netdev=hn0,queue=rx,outdev=red1,{header}",
            "-object", f"filter-rewriter,id=rew0,netdev=hn0,queue=all,{header}",
            "-drive", f"if=none,id=parent0,file.filename={machine.disk},driver=qcow2",
            "-drive", "if=none,id=childs0,driver=replication,mode=secondary,file.driver=qcow2,top-id=colo-disk0,"
                      f"file.file.filename={FOLDER}/active.qcow2,file.backing.driver=qcow2,"
                      f"file.backing.file.filename={FOLDER}/hidden.qcow2,file.backing.backing=parent0",
            "-drive", "if=virtio,id=colo-disk0,driver=quorum,read-pattern=fifo,vote-threshold=1,children.0=childs0",
            "-incoming", "tcp:0.0.0.0:9998"]


def capabilities():
    names = ("x-colo", "return-path")  # the second one for QEMU 11.1: docs/qemu.md
    return {"execute": "migrate-set-capabilities",
            "arguments": {"capabilities": [{"capability": name, "state": True} for name in names]}}


def secondary_commands():
    """The document's step 3."""
    address = {"type": "inet", "data": {"host": "0.0.0.0", "port": "9999"}}
    return [capabilities(), {"execute": "nbd-server-start", "arguments": {"addr": address}},
            {"execute": "nbd-server-add", "arguments": {"device": "parent0", "writable": True}}]


def primary_commands():
    """The document's step 4."""
    add = (f"drive_add -n buddy driver=replication,mode=primary,file.driver=nbd,file.host={SECONDARY},file.port=9999,"
           "file.export=parent0,node-name=replication0")
    return [{"execute": "human-monitor-command", "arguments": {"command-line": add}},
            {"execute": "x-blockdev-change", "arguments": {"parent": "colo-disk0", "node": "replication0"}},
            capabilities(), {"execute": "migrate", "arguments": {"uri": f"tcp:{SECONDARY}:9998"}}]


class HandEvents(Events):
    """QEMU's events from its own monitor."""

    def __init__(self, host):
        Watch.__init__(self, host, "python3", "-u", "-c", MONITOR, f"{FOLDER}/events")


class ByHand:
    """Two QEMUs, from start() to end(). The guest is defined on the primary's host, and off there."""

    def __init__(self, lab, guest):
        self.lab, self.guest = lab, guest
        self.primary, self.secondary = lab.alpha, lab.beta
        self._processes = []

    def start(self, answers):
        """Starts them and waits until the guest is in COLO and `answers()`."""
        machine = read_machine(self.primary.virsh("dumpxml", "--inactive", self.guest.name).out)
        self._prepare(machine)
        for host, words in ((self.primary, primary_words(machine)), (self.secondary, secondary_words(machine))):
            script = f"exec {shlex.join(map(str, words))} >{FOLDER}/qemu.log 2>&1"
            self._processes.append(host.start("bash", "-c", script, stdout=subprocess.DEVNULL))
        self._execute(self.secondary, secondary_commands())
        self._execute(self.primary, primary_commands())
        wait_for(self.is_in_colo, 180, "the primary by hand is in COLO", every=0.5)
        wait_for(answers, 240, f"{self.guest} answers, driven by hand", every=0.5)

    def is_in_colo(self):
        """Whether the shadow is kept in step. RuntimeError if it never will be any more."""
        status, = self._execute(self.primary, [{"execute": "query-migrate"}])
        if status.get("status") in ("failed", "cancelled", "completed"):
            raise RuntimeError(f"the migration by hand is {status['status']}: {status.get('error-desc', '')}")
        return status.get("status") == "colo"

    def end(self):
        """Ends both, whatever state they are in."""
        for process in self._processes:
            process.terminate()
        for host in (self.primary, self.secondary):
            host.run("pkill", "-KILL", "qemu-system", check=False)
        for process in self._processes:
            process.wait(30)
        self._processes = []

    def _prepare(self, machine):
        for host in (self.primary, self.secondary):
            host.service("stop")
            host.shell(f"rm -rf {FOLDER}; mkdir -p {FOLDER} /etc/qemu {shlex.quote(str(pathlib.PurePath(machine.disk).parent))}; "
                       f"echo 'allow {machine.bridge}' >/etc/qemu/bridge.conf")
        # "Initially, primary.qcow2 needs to be copied to all hosts."
        source, target = (f"{shlex.quote(LAB)} exec {host} -- " for host in (self.primary, self.secondary))
        script = shlex.quote(f"cat >{shlex.quote(machine.disk)}")
        run(["bash", "-o", "pipefail", "-c", f"{source} cat {shlex.quote(machine.disk)} | {target} sh -c {script}"], timeout=300)
        size = json.loads(self.primary.run("qemu-img", "info", "--output=json", machine.disk).out)["virtual-size"]
        for part in ("active", "hidden"):
            self.secondary.run("qemu-img", "create", "-q", "-f", "qcow2", f"{FOLDER}/{part}.qcow2", size)

    def _execute(self, host, commands):
        """Answers to all of them; a Failure with QEMU's error if one was refused."""
        wait_for(lambda: host.run("test", "-S", f"{FOLDER}/commands", check=False).status == 0 or self._look(host), 60,
                 f"QEMU by hand on {host} has a monitor")
        answers = json.loads(host.run("python3", "-c", MONITOR, f"{FOLDER}/commands", json.dumps(commands), timeout=90).out)
        for command, answer in zip(commands, answers):
            refused = answer.get("error", {}).get("desc") or (
                command["execute"] == "human-monitor-command" and answer["return"].strip())
            if refused:
                raise Failure(f"QEMU by hand on {host}: {command['execute']}: {refused}")
        return [answer.get("return") for answer in answers]

    def _look(self, host):
        """Nothing, or a Failure if a QEMU has ended, with its last words."""
        for each, process in zip((self.primary, self.secondary), self._processes):
            if process.poll() is not None:
                log = each.run("tail", "-n", "5", f"{FOLDER}/qemu.log", check=False).out
                raise Failure(f"QEMU by hand on {each} (asked on {host}) has ended: {log.strip()}")
        return False
