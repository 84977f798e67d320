# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest of a kind in a mode, kept from one cell to the next as far as it can be."""

from harness import Failure, wait_for
from harness.guest import Guest

from . import figures
from .byhand import ByHand, HandEvents
from .plan import AUTO, BY_HAND, UNPROTECTED

# The lab's own guest with what only measurements need, and the Debian one.
KINDS = {"lab": ("web", ["--bench"]), "debian": ("web2", ["--debian"])}
DEBIAN_PORTS = (5432, 6379)  # the second is opened when the first one serves
PROTECT = 300  # seconds; the Debian guest's disk is copied each time


class Stage:
    """One guest at a time. bring() leaves it where it is if it is there already."""

    def __init__(self, lab):
        self.lab = lab
        self.guest = None
        self.accelerator = ""
        self.protect_seconds = None  # of the last bring() that protected
        self._kind = self._mode = self._hand = self._events = None

    def bring(self, kind, mode):
        """The guest of this kind, in this mode, with clients answered. On a Failure nothing is left that
        the next call would rely on."""
        self.protect_seconds = None
        if (kind, mode) == (self._kind, self._mode):
            return
        try:
            if mode.name == BY_HAND:
                self._begin(kind, by_hand=True)
            else:
                if kind != self._kind or self._hand:
                    self._begin(kind)
                self._change(mode)
        except BaseException:
            self.lose()
            raise
        self._kind, self._mode = kind, mode

    def lose(self):
        """Forgets all of it: the next bring() begins with clean hosts."""
        self._stop_events()
        if self._hand:
            hand, self._hand = self._hand, None
            hand.end()
        self._kind = self._mode = None

    def meter(self):
        """For one measurement of the guest as it is now."""
        domain = self.guest.name if self._mode.word else ""
        return figures.Meter(self.lab.alpha, self._events, domain)

    def changes(self, began):
        """[(seconds after that time, what was picked and why)] of a guest in auto; [] in any other mode."""
        events = self.lab.alpha.lockstep("events", self.guest.name) if self._mode.word == AUTO else []
        return figures.changes(events, began)

    def check(self):
        """After a measurement: a Failure if the guest was not in its mode all the time, so that it was another one's."""
        if self._hand and not self._hand.is_in_colo():
            raise Failure(f"{self.guest}, driven by hand, is not in COLO after the measurement")
        if self._mode.word:
            pair = self.lab.alpha.pair(self.guest.name) or {"state": "none", "reason": "", "mode": "none"}
            if (pair["state"], pair["mode"]) != ("protected", self._mode.word):
                raise Failure(f"{self.guest} is {pair['state']} in mode {pair['mode']} after the measurement, "
                              f"not protected in {self._mode.word}: {pair['reason']}")

    def _begin(self, kind, by_hand=False):
        self.lose()
        self.lab.reset()
        name, arguments = KINDS[kind]
        self.lab.guest(name, start=False, arguments=arguments)
        self.guest = Guest(self.lab, name)
        if by_hand:
            self._hand = ByHand(self.lab, self.guest)
            self._hand.start(lambda: self._answers(kind))
            self._events = HandEvents(self.lab.alpha)
        else:
            self.lab.alpha.virsh("start", name)
            wait_for(lambda: self._answers(kind), 300, f"{name} answers", every=0.5)
            enabled = self.lab.alpha.qmp(name, "query-kvm")["enabled"]
            self.accelerator = "KVM" if enabled else "TCG"
            self._events = figures.watch(self.lab.alpha, name)
        self._events.__enter__()
        self._mode = None

    def _answers(self, kind):
        if kind == "lab":
            return self.guest.answers()
        # The first timeout ends a connect that nobody answers.
        return all(self.lab.client.run("timeout", "2", "bash", "-c", f"</dev/tcp/{self.guest.address}/{port}",
                                       check=False).status == 0 for port in DEBIAN_PORTS)

    def _change(self, mode):
        """From a libvirt guest in one mode to one in another: always through unprotected, so that each begins alike."""
        alpha, beta, name = self.lab.alpha, self.lab.beta, self.guest.name
        if self._mode and self._mode.name != UNPROTECTED:
            alpha.lockstep("unprotect", name)
            beta.wait_state(name, "none", 60)
        if mode.name == UNPROTECTED:
            return
        job = self.lab.protect(name, arguments=mode.options, timeout=PROTECT)
        self.protect_seconds = figures.job_seconds(job)

    def _stop_events(self):
        if self._events:
            events, self._events = self._events, None
            events.__exit__(None, None, None)
