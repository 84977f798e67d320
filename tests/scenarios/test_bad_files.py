# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings and state that cannot be read: lockstepd says which line or file and what to do, ends
with a status, and leaves the file alone."""

from faults.ground import boot
from faults.refusal import FAILED, NO_DAEMON, USAGE
from harness import Failure, equal, wait_for

CONFIG = "/run/bad.conf"
STORE = "/var/lib/lockstep/state.db"

# Text of the file, and what the error has to name.
BAD_SETTINGS = (
    ("[control]\nport = 70000\n", ("line 2", "port", "65535")),
    ("[control]\n\n\nprot = 1\n", ("line 4", "prot")),
    ("[contrl]\nport = 1\n", ("line 1", "contrl")),
    ("[replication]\nimage-directory = \"images\"\n", ("line 2", "image-directory", "absolute")),
    ("[replication]\nport-min = 50000\nport-max = 50001\n", ("line 3", "port-max")),
    ("[log]\nlevel = \"loud\"\n", ("line 2", "level", "debug")),
    ("[control\nport = 1\n", ("line 1",)),
    ("[libvirt]\nuri = \"xen:///\"\n", ("line 2", "uri", "qemu")),
)


def test_settings_with_an_error(lab):
    alpha = lab.alpha
    for text, words in BAD_SETTINGS:
        for arguments in (("--check-config",), ()):
            alpha.shell(f"cat > {CONFIG}", input=text)
            result = alpha.run("timeout", 20, "lockstepd", "--config", CONFIG, *arguments, check=False)
            equal(result.status, USAGE, f"exit status of lockstepd with {text!r}: {result.err}")
            for word in (CONFIG, "what to do", *words):
                if word not in result.err:
                    raise Failure(f"lockstepd does not name {word!r} in {text!r}: {result.err}")
    alpha.shell(f"mkdir {CONFIG}.d")
    result = alpha.run("timeout", 20, "lockstepd", "--config", f"{CONFIG}.d", check=False)
    equal(result.status, USAGE, f"exit status of lockstepd with a directory for settings: {result.err}")
    alpha.shell(f"rm -rf {CONFIG} {CONFIG}.d")
    # And the one that runs is not disturbed.
    equal(alpha.lockstep("list"), {"pairs": []}, "the pairs")


def refuses_to_start(host, *words):
    """lockstepd on the host, not running, does not start either, and says these words."""
    before = len(host.log())
    result = host.run("/usr/sbin/lockstepd", check=False, timeout=30)
    equal(result.status, FAILED, f"exit status of lockstepd: {result.out}{result.err}")
    host.lab.call("service", host.name, "start", "lockstepd", check=False)
    said = result.err + host.log()[before:]
    for word in words:
        if word not in said:
            raise Failure(f"lockstepd does not say {word!r}: {said}")
    equal(host.lockstep("list", check=False).status, NO_DAEMON, "exit status of lockstep without a daemon")
    host.lab.call("service", host.name, "stop", "lockstepd", check=False)


def checksum(host, path=STORE):
    return host.run("sha256sum", path).out.split()[0]


def test_a_store_from_a_newer_version(lab):
    guest = boot(lab)
    lab.protect(guest)
    beta = lab.beta
    beta.service("stop")
    set_version = ("import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
                   "old = c.execute('PRAGMA user_version').fetchone()[0]; "
                   "c.execute(f'PRAGMA user_version={sys.argv[2]}'); c.commit(); c.close(); print(old)")
    old = beta.run("python3", "-c", set_version, STORE, 999).text
    before = checksum(beta)
    refuses_to_start(beta, "state.db", "newer", "what to do")
    equal(checksum(beta), before, "the newer version's store")
    # Nothing happened to the pair.
    equal(lab.alpha.state("web"), "protected", "the pair on alpha")
    beta.run("python3", "-c", set_version, STORE, old)
    beta.service("start")
    beta.wait_state("web", "protected")
    lab.wait_peers()
    guest.wait_answers()


def test_a_damaged_store(lab):
    guest = boot(lab)
    lab.protect(guest)
    beta = lab.beta
    beta.service("stop")
    beta.shell(f"cp -a {STORE} {STORE}.backup; dd if=/dev/urandom of={STORE} bs=4096 count=2 conv=notrunc status=none")
    before = checksum(beta)
    refuses_to_start(beta, "state.db", "damaged", "what to do")
    # Not once more either, as if it were a new host: a forgotten epoch can mean two primaries.
    refuses_to_start(beta, "damaged")
    kept = [path for path in beta.files("/var/lib/lockstep") if ".damaged-" in path and "-wal" not in path
            and "-shm" not in path]
    equal([checksum(beta, path) for path in kept], [before], "the damaged store, set aside")
    equal(beta.domains(), {"web": "running"}, "the shadow")
    beta.shell("cd /var/lib/lockstep && mv state.db.backup backup && rm -f state.db* && mv backup state.db")
    beta.service("start")
    wait_for(lambda: beta.state("web") == "protected", 30, "beta knows its pair again, from the backup")
