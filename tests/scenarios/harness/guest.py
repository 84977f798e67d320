# SPDX-License-Identifier: LGPL-2.1-or-later
"""A lab guest, as its clients see it; where it runs is of no concern here."""

import re

from .basics import Failure, wait_for

LOAD = "/usr/share/lockstep-lab/client/load"


class Guest:
    """web, web2, ... have one disk and one NIC; db, db2, ... have two of each."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        kind, number = re.fullmatch(r"(web|db)(\d*)", name).groups()
        last = {"web": 100, "db": 150}[kind] + int(number or 1)
        self.address = f"10.78.0.{last}"
        self.addresses = [self.address] + ([f"10.80.0.{last}"] if kind == "db" else [])
        self.disks = ["vda"] if kind == "web" else ["vda", "vdb"]

    def __repr__(self):
        return self.name

    def get(self, path="/", method="GET", timeout=20):
        """The body of a page."""
        return self.lab.client.run("curl", "-sS", "-f", "-X", method, "-m", timeout,
                                   f"http://{self.address}{path}", timeout=timeout + 10).out

    def answers(self, timeout=1):
        """Whether a request is answered within `timeout` seconds."""
        return self.lab.client.run("curl", "-sf", "-o", "/dev/null", "-m", timeout,
                                   f"http://{self.address}/", check=False).status == 0

    def wait_answers(self, deadline=90):
        wait_for(self.answers, deadline, f"{self.name} answers")

    def wait_silent(self, deadline=60):
        wait_for(lambda: not self.answers(), deadline, f"{self.name} answers no more")

    def boot_id(self):
        """Another one after each boot."""
        return self.get("/boot-id").strip()

    def reboot(self, deadline=90):
        """Reboots from within and waits until it is up again."""
        before = self.boot_id()
        self.get("/reboot", method="POST")

        def is_new():
            try:
                return self.boot_id() != before
            except Failure:
                return False
        wait_for(is_new, deadline, f"{self.name} has booted again")

    def power_off(self):
        self.get("/poweroff", method="POST")

    def last_number(self):
        """The last number that the guest has given."""
        return int(self.lab.client.run(LOAD, "last", "--host", self.address).out)
