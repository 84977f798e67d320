# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program at a terminal of a host's own: keys go in, and what it shows is collected."""

import os
import subprocess
import threading

from .basics import wait_for


class Terminal:
    """A command as somebody types it, for as long as the `with` block lasts. The terminal can do nothing (TERM=dumb),
    so that there is only text in what is shown. `variables` are of the command's environment."""

    def __init__(self, host, command, **variables):
        self.host, self.command = host, command
        self.words = ["env", "TERM=dumb", *(f"{name}={value}" for name, value in variables.items()),
                      "script", "--quiet", "--return", "--command", command, "/dev/null"]
        self._shown = b""
        self._typed = 0  # how much had been shown when keys were typed last

    def __enter__(self):
        self._process = self.host.start(*self.words, text=False, bufsize=0, stdin=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind, error, trace):
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(10)

    def _read(self):
        while data := os.read(self._process.stdout.fileno(), 65536):
            self._shown += data

    @property
    def shown(self):
        """What has been shown since the last keys were typed."""
        return self._shown[self._typed:].decode(errors="replace").replace("\r", "")

    def type(self, keys):
        """Enter is a carriage return, Tab is a tab, Ctrl-C is "\\x03"."""
        self._typed = len(self._shown)
        self._process.stdin.write(keys.encode())

    def wait(self, text, deadline=20):
        """Waits until that is shown."""
        wait_for(lambda: text in self.shown, deadline, lambda: f"{self.command} shows {text!r} (it shows {self.shown!r})")

    def wait_last(self, text, deadline=20):
        """Waits until that is the last thing shown, as a prompt is."""
        wait_for(lambda: self.shown.endswith(text), deadline,
                 lambda: f"{self.command} shows {text!r} at the end (it shows {self.shown!r})")

    def ended(self, deadline=20):
        """Waits until the command has ended by itself, and returns its exit status."""
        wait_for(lambda: self._process.poll() is not None, deadline,
                 lambda: f"{self.command} ends (it shows {self.shown!r})")
        return self._process.returncode
