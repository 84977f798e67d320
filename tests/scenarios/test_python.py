# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program in Python protects a guest over D-Bus, as a user who is only in group lockstep."""

import pathlib

from faults.ground import boot
from harness import Failure, equal
from harness.bus import as_user

PROGRAM = (pathlib.Path(__file__).resolve().parent / "programs/protect.py").read_text(encoding="utf-8")


def protect(host, user, *arguments):
    return host.run(*as_user(user), "python3", "-", *arguments, input=PROGRAM, timeout=120, check=False)


def test_a_program_protects_and_unprotects(lab):
    guest = boot(lab)
    lab.alpha.shell("id plain >/dev/null 2>&1 || useradd --no-create-home plain\n"
                    "id member >/dev/null 2>&1 || useradd --no-create-home --groups lockstep member")
    refused = protect(lab.alpha, "plain", "web", "beta")
    lines = refused.err.splitlines()
    equal((refused.status, lines[0]), (1, "org.lockstep.Error.NotAuthorized"), f"a plain user's program ({refused.err})")
    if len(lines) != 3 or "lockstep" not in lines[2]:
        raise Failure(f"the refusal does not say what to do: {refused.err}")
    unknown = protect(lab.alpha, "member", "nowhere", "beta")
    equal(unknown.err.splitlines()[0], "org.lockstep.Error.UnknownDomain", "error for a domain that is not there")
    done = protect(lab.alpha, "member", "web", "beta")
    equal(done.status, 0, f"the program's exit status ({done.out}{done.err})")
    for line in ("alpha runs lockstepd", "protect of web: done", "web is protected", "unprotect of web: done",
                 "job: job 1 (protect) begins", "note: job 1 (protect) was asked for by member",
                 "job: job 2 (unprotect) is done"):
        if line not in done.out.splitlines():
            raise Failure(f"the program did not print '{line}': {done.out}")
    lab.beta.wait_state("web", "none")
    guest.wait_answers()
