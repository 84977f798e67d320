# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults injected into lockstepd from outside, and what must be true after each of them."""
