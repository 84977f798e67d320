// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <stddef.h>

/// Answers that two machines in lock-step cannot give alike.
void differ_uptime(char *text, size_t size);
void differ_random(char *text, size_t size);
