// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace lockstep {

/// Whether what goes by this name may be a secret: an option of a fence agent, a member of a
/// document, an attribute. What only tells where a secret is, e.g. "password_script", is none.
[[nodiscard]] bool isSecretName(const QString& name);

} // namespace lockstep
