# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands, waiting and checking."""

import subprocess
import tempfile
import time


class Failure(AssertionError):
    """What a scenario demands is not so. The text is all that the reader of a report gets."""


class CommandFailed(Failure):
    """A command that had to succeed did not; `result` tells all of it."""

    def __init__(self, result):
        super().__init__(f"{result.words}: exit status {result.status}\n{result.out}{result.err}".rstrip())
        self.result = result


class Result:
    """How a command ended."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    @property
    def text(self):
        return self.out.strip()

    def __repr__(self):
        return f"<{self.words}: {self.status}, {self.out!r}, {self.err!r}>"


def run(words, check=True, timeout=60, **options):
    """Runs a command to its end; raises CommandFailed if it must not fail and does."""
    shown = " ".join(str(word) for word in words)
    # Files, not pipes: what a command that is given up on has started may keep a pipe open for ever.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        def captured(file):
            file.seek(0)
            return file.read().decode(errors="replace")
        try:
            done = subprocess.run([str(word) for word in words], text=True, check=False, timeout=timeout,
                                  stdout=out, stderr=err, **options)
        except subprocess.TimeoutExpired:
            raise Failure(f"{shown}: has not ended after {timeout} s\n{captured(out)}{captured(err)}") from None
        result = Result(shown, done.returncode, captured(out), captured(err))
    if check and result.status != 0:
        raise CommandFailed(result)
    return result


def wait_for(condition, deadline, what, every=0.1):
    """Polls `condition` until it is true and returns what it gave; `deadline` in seconds, `what`
    says what is waited for, or is a function that does. A Failure inside the condition counts as
    "not yet"."""
    end = time.monotonic() + deadline
    problem = None
    while True:
        try:
            if value := condition():
                return value
            problem = None
        except Failure as failure:
            problem = failure
        if time.monotonic() >= end:
            shown = what() if callable(what) else what
            raise Failure(f"not within {deadline:g} s: {shown}" + (f" ({problem})" if problem else ""))
        time.sleep(every)


def equal(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found!r} instead of {wanted!r}")


def at_most(found, limit, what):
    if not found <= limit:
        raise Failure(f"{what}: {found:g} instead of at most {limit:g}")


def at_least(found, limit, what):
    if not found >= limit:
        raise Failure(f"{what}: {found:g} instead of at least {limit:g}")
