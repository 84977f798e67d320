# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the figures were measured on."""

import os
import re


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def memory_mib():
    with open("/proc/meminfo", encoding="utf-8") as file:
        return int(re.search(r"^MemTotal:\s*(\d+)", file.read(), re.MULTILINE)[1]) // 1024


def load():
    """Load averages of the machine, over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def facts(lab, seconds):
    """Of the machine and of what runs in the lab. `seconds`: how long each cell is measured."""
    alpha = lab.alpha
    qemu = alpha.run("qemu-system-x86_64", "--version").out
    kernel = alpha.shell("cat /usr/share/lockstep-lab/kernel/complete").text
    program = alpha.shell("sha256sum /proc/$(pidof -s lockstepd)/exe").text.split()[0]
    return {
        "qemu": re.search(r"version ([^\s,]+)", qemu)[1] if "version" in qemu else qemu.strip(),
        "libvirt": alpha.run("libvirtd", "--version").text.split()[-1],
        "kernel": os.uname().release,
        "guest kernel": kernel,
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory MiB": memory_mib(),
        "lockstep": alpha.run("lockstep", "--version").text,
        "lockstepd": program[:16],
        "load at the start": load(),
        "seconds": seconds,
    }
