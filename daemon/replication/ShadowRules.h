// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QLatin1StringView>

#include <span>

namespace lockstep {

/// One element that the XML of a shadow may have. What no rule names is refused.
struct ShadowRule
{
    /// Names from below `<domain>`, joined by '/'; "" is `<domain>` itself. A last part "?" stands
    /// for any name. A leading '*': the element may come more than once in its parent.
    QLatin1StringView path;
    /// The attributes that it may have, separated by blanks:
    ///   name          a plain value: no path, nothing that anybody could take for one
    ///   name=one|two  one of these
    ///   name~         any printable text
    ///   name!         ShadowPolicy looks at it
    QLatin1StringView attributes;
    /// Its text: "" none but blanks, "~" any printable text, "!" ShadowPolicy looks at it, else one
    /// of the words.
    QLatin1StringView text;
};

/// Everything that a shadow may have. Names are libvirt's; source: libvirt "Domain XML format" and
/// src/conf/domain_conf.c of 11.3, the *Format functions.
[[nodiscard]] std::span<const ShadowRule> shadowRules();

} // namespace lockstep
