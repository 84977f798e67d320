// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Secret.h"

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

bool isSecretName(const QString& name)
{
    static constexpr std::array words{"pass"_L1, "secret"_L1,     "token"_L1,
                                      "key"_L1,  "credential"_L1, "community"_L1,
                                      "psk"_L1,  "pwd"_L1,        "cookie"_L1};
    static constexpr std::array places{"script"_L1, "file"_L1, "path"_L1};
    const auto has = [&name](QLatin1StringView word) {
        return name.contains(word, Qt::CaseInsensitive);
    };
    return std::ranges::any_of(words, has) && std::ranges::none_of(places, has);
}

} // namespace lockstep
