# SPDX-License-Identifier: LGPL-2.1-or-later
"""Load on a lab guest, and what its clients saw of it."""
