# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is kept of a scenario that failed."""

from .basics import Failure

FILES = {
    "lockstepd.log": "cat /var/log/lockstep/lockstepd.log",
    "libvirtd.log": "tail -c 200000 /var/log/lab/libvirtd.log",
    "qemu.log": "tail -c 100000 -q /var/log/libvirt/qemu/*.log",
    "state.txt": "lockstep list; lockstep job list; lockstep peer list; virsh list --all; ss -Htanp; "
                 "find /var/lib/lockstep /var/lib/libvirt/images -type f | xargs -r ls -l; ps -ef",
}
TAIL = 15


def save(lab, directory, story):
    """Logs and states of both hypervisors, and the story, into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "failure.txt").write_text(story + "\n", encoding="utf-8")
    for host in lab.hypervisors:
        for name, script in FILES.items():
            try:
                result = host.run("timeout", "20", "bash", "-c", f"({script}) 2>&1", check=False, timeout=40)
                text = result.out + result.err
            except Failure as failure:
                text = f"{failure}\n"
            (directory / f"{host}-{name}").write_text(text, encoding="utf-8")


def tail(directory):
    """The end of each daemon's log."""
    parts = []
    for path in sorted(directory.glob("*-lockstepd.log")):
        lines = path.read_text(encoding="utf-8").splitlines()[-TAIL:]
        parts += [f"--- the end of {path.name}", *lines]
    return "\n".join(parts)
