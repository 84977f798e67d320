# SPDX-License-Identifier: LGPL-2.1-or-later
"""A fault in each single step of protecting: the guest runs on as a plain domain and its clients
notice nothing, the other host is clean again, and protecting it works. In a usual run a sample of
the steps, spread over the whole plan; with --full all of them."""

import errno
import os

from faults.ground import Ground
from faults.sample import spread
from harness import Failure


def fails(ground, point, action):
    """The call fails; `late`: though it was made."""
    ground.arm(point, action)
    job = ground.protect()
    ended = ground.wait_job(job, "failed")
    # A system call can only fail with one of the system's errors.
    told = os.strerror(errno.EIO) if point.name == "fchown" else "injected"
    if action == "error" and told not in ended["error"]["message"]:
        raise Failure(f"the job does not tell what failed: {ended['error']}")


def test_an_error_in_each_step(lab):
    with Ground(lab, patient=True) as ground:
        for index, point in enumerate(spread(ground.points, None if lab.full else 9, offset=0)):
            for action in ("error", "late") if lab.full else (("error", "late")[index % 2],):
                ground.attempt(f"{action} in {point}", lambda: fails(ground, point, action), parted=False)
        ground.attempt("no fault", ground.once, parted=False)


def cancelled(ground, point):
    """The job is cancelled while the call is held up."""
    injector = ground.injectors[point.host.name]
    ground.arm(point, "pause")
    job = ground.protect()
    injector.wait_paused(lambda: ground.ended(job))
    ground.lab.alpha.lockstep("job", "cancel", job)
    injector.release()
    ground.wait_job(job, "cancelled")


def test_a_cancel_in_each_step(lab):
    with Ground(lab, patient=True) as ground:
        for point in spread(ground.points, None if lab.full else 5, offset=1):
            ground.attempt(f"cancel in {point}", lambda: cancelled(ground, point), parted=False)
        ground.attempt("no fault", ground.once, parted=False)


def decide_if_asked(ground, point):
    """While alpha's last call is held up, a checkpoint may come by itself, so that the twins are in step without it.
    Then beta may have been told, and somebody has to say that it is dead; before that nobody is asked."""
    alpha, name = ground.lab.alpha, ground.guest.name
    last = max(each.number for each in ground.points if each.host is alpha)
    if point.host is alpha and point.number == last and alpha.state(name) == "interrupted":
        alpha.lockstep("continue-alone", name, "--yes")


def peer_unplugged(ground, point):
    """beta's plug is pulled while the call is held up."""
    injector = ground.injectors[point.host.name]
    ground.arm(point, "pause")
    job = ground.protect()
    injector.wait_paused(lambda: ground.ended(job))
    ground.lab.unplug("beta")
    if point.host is ground.lab.alpha:
        injector.release()
    ground.wait_job(job, "failed")
    decide_if_asked(ground, point)
    ground.expect_plain()
    ground.lab.plug("beta")


def peer_daemon_killed(ground, point):
    """beta's lockstepd is killed while the call is held up; QEMU there lives on."""
    injector = ground.injectors[point.host.name]
    ground.arm(point, "pause")
    job = ground.protect()
    injector.wait_paused(lambda: ground.ended(job))
    ground.lab.beta.service("kill")
    injector.release()
    ground.wait_job(job, "failed")
    ground.lab.beta.wait_service()


def own_daemon_killed(ground, point, action):
    """alpha's lockstepd is killed while the call is held up, or has just been made."""
    injector = ground.injectors[point.host.name]
    ground.arm(point, action)
    job = ground.protect()
    injector.wait_paused(lambda: ground.ended(job))
    ground.lab.alpha.service("kill")
    injector.release()
    ground.lab.alpha.wait_service()


def test_a_loss_in_each_step(lab):
    with Ground(lab) as ground:
        for point in spread(ground.points, None if lab.full else 2, offset=2):
            ground.attempt(f"beta unplugged in {point}", lambda: peer_unplugged(ground, point))
        for point in spread(ground.points, None if lab.full else 2, offset=3):
            ground.attempt(f"beta's daemon killed in {point}", lambda: peer_daemon_killed(ground, point))
        for index, point in enumerate(spread(ground.points, None if lab.full else 3, offset=4)):
            for action in ("pause", "pause-after") if lab.full else (("pause", "pause-after")[index % 2],):
                ground.attempt(f"alpha's daemon killed in {point}, {action}",
                               lambda: own_daemon_killed(ground, point, action))
        ground.attempt("no fault", ground.once, parted=False)


# All steps take a while; what each of them may take is bounded in Ground.
for scenario in (test_an_error_in_each_step, test_a_cancel_in_each_step, test_a_loss_in_each_step):
    scenario.deadline = 7200
del scenario
