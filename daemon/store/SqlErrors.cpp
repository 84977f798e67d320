// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/SqlErrors.h"

#include <QSqlError>

namespace lockstep {

using namespace Qt::StringLiterals;

bool meansDamage(const QSqlError& error)
{
    constexpr int corrupt = 11;
    constexpr int notADatabase = 26;
    constexpr int primaryCode = 0xff;
    const int code = error.nativeErrorCode().toInt() & primaryCode;
    return code == corrupt || code == notADatabase;
}

Error sqlError(const QString& path, const QSqlError& error)
{
    return {Errc::StoreError,
            u"%1: %2"_s.arg(path,
                            error.databaseText().isEmpty() ? error.text() : error.databaseText())};
}

} // namespace lockstep
