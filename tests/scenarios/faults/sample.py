# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which steps a short run takes."""


def spread(points, count, offset):
    """`count` of the points, evenly spread, all of them if None. Other offsets give others, so that
    several scenarios together see most of the points."""
    if count is None or count >= len(points):
        return points
    stride = len(points) / count
    shift = offset * 0.37 % 1
    return [points[int((index + shift) * stride)] for index in range(count)]
