// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

/// Ends the loop when the machine's power button is pressed (`virsh shutdown`, `virsh reboot`).
void power_listen(void);
/// Blocks until the peer has all that was sent, for a second at most.
void power_wait_until_sent(int fd);
