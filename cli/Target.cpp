// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Target.h"

#include <QRegularExpression>

#include <algorithm>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

std::unexpected<Error> refused(const QString& text, const QString& why)
{
    // What was given may be anything; it is not for a terminal as it is.
    QString shown = text.first(std::min<qsizetype>(text.size(), 80));
    for (QChar& letter : shown) {
        if (!letter.isPrint())
            letter = QChar::ReplacementCharacter;
    }
    return failure(Errc::InvalidArgument, u"cannot connect to '%1': %2"_s.arg(shown, why),
                   u"Give HOST, USER@HOST or ssh://[USER@]HOST[:PORT]."_s);
}

/// ":PORT" after a host of a URL. Errors: why it is none.
std::expected<quint16, QString> parsePort(const QString& text)
{
    bool isNumber = false;
    const uint port = text.toUInt(&isNumber);
    if (isNumber && port >= 1 && port <= 65535)
        return static_cast<quint16>(port);
    return std::unexpected{u"the port has to be a number from 1 to 65535"_s};
}

} // namespace

QStringList Target::sshArguments() const
{
    // A connection that died is noticed within a minute; a host that is off, sooner.
    QStringList all{u"-xT"_s, u"-o"_s, u"ConnectTimeout=20"_s, u"-o"_s,
                    u"ServerAliveInterval=15"_s};
    if (port)
        all += {u"-p"_s, QString::number(*port)};
    if (!user.isEmpty())
        all += {u"-l"_s, user};
    return all + QStringList{u"--"_s, host, u"systemd-stdio-bridge"_s};
}

Result<Target> parseTarget(const QString& text)
{
    static const QRegularExpression hostLetters{
        QRegularExpression::anchoredPattern(u"[A-Za-z0-9_:][A-Za-z0-9._:%-]*"_s)};
    static const QRegularExpression userLetters{
        QRegularExpression::anchoredPattern(u"[A-Za-z0-9_][A-Za-z0-9._+\\\\$@-]*"_s)};
    constexpr QLatin1StringView scheme{"ssh://"};
    const bool isUrl = text.startsWith(scheme);
    if (!isUrl && text.contains(u"://"_s))
        return refused(text, u"only ssh:// is understood"_s);
    QString rest = isUrl ? text.sliced(scheme.size()) : text;
    if (isUrl && rest.endsWith(u'/'))
        rest.chop(1);
    Target target{.host = rest, .user = {}, .port = {}};
    if (const qsizetype at = rest.lastIndexOf(u'@'); at >= 0) {
        target.user = rest.first(at);
        target.host = rest.sliced(at + 1);
        if (!userLetters.match(target.user).hasMatch())
            return refused(text, u"that is no user's name"_s);
    }
    QString port;
    if (const qsizetype end = target.host.indexOf(u']'); target.host.startsWith(u'[') && end > 0) {
        port = target.host.sliced(end + 1);
        target.host = target.host.sliced(1, end - 1);
    } else if (const qsizetype colon = target.host.indexOf(u':');
               colon >= 0 && target.host.count(u':') == 1) {
        port = target.host.sliced(colon);
        target.host.truncate(colon);
    }
    if (!port.isEmpty() && !isUrl)
        return refused(text, u"a port is given as in ssh://HOST:PORT"_s);
    if (!port.isEmpty()) {
        const auto number = parsePort(port.sliced(1));
        if (!port.startsWith(u':') || !number)
            return refused(text, number ? u"after ] comes :PORT or nothing"_s : number.error());
        target.port = *number;
    }
    // Above all no leading "-", which ssh would take for an option, and no control characters.
    if (!hostLetters.match(target.host).hasMatch())
        return refused(text, u"that is no host's name or address"_s);
    return target;
}

} // namespace lockstep::cli
