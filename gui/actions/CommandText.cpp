// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/actions/CommandText.h"

#include "base/PairSettingTable.h"

#include <QRegularExpression>
#include <QStringList>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString quoted(const QString& word)
{
    static const QRegularExpression plain{
        QRegularExpression::anchoredPattern(u"[A-Za-z0-9_@%+=:,./-]+"_s)};
    return plain.match(word).hasMatch() ? word
                                        : u'\'' + QString{word}.replace(u'\'', u"'\\''"_s) + u'\'';
}

bool hasOptionOfItsOwn(QLatin1StringView name)
{
    return name == pair_setting::arbiter || name == pair_setting::onArbiterLoss
        || name == pair_setting::mode || name == pair_setting::period;
}

/// In the order of the table, as the manual has them.
QStringList protectOptions(const QJsonObject& settings)
{
    QStringList words;
    for (const PairSetting& setting : pairSettings()) {
        const auto found = settings.find(setting.name);
        if (found == settings.end())
            continue;
        const QString value = showPairSetting(setting, *found);
        if (setting.name == pair_setting::autoProtect || setting.name == pair_setting::reuseDisks)
            words << (found->toBool() ? u"--"_s : u"--no-"_s) + setting.name;
        else if (hasOptionOfItsOwn(setting.name))
            words << u"--"_s + setting.name << value;
        else
            words << u"--set"_s << setting.name + u'=' + value;
    }
    return words;
}

QStringList domainAndPeer(const ProtectRequest& request)
{
    return request.peer.isEmpty() ? QStringList{request.domain}
                                  : QStringList{request.domain, request.peer};
}

QStringList imageDirectory(const ProtectRequest& request)
{
    return request.imageDirectory.isEmpty()
        ? QStringList{}
        : QStringList{u"--image-directory"_s, request.imageDirectory};
}

} // namespace

QString CommandText::line(const QStringList& words) const
{
    QStringList all{u"lockstep"_s};
    if (!m_target.isEmpty())
        all << u"--connect"_s << quoted(m_target);
    for (const QString& word : words)
        all << quoted(word);
    return all.join(u' ');
}

QString CommandText::protect(const ProtectRequest& request) const
{
    return line(QStringList{u"protect"_s} + domainAndPeer(request) + imageDirectory(request)
                + protectOptions(request.settings));
}

QString CommandText::preflight(const ProtectRequest& request) const
{
    QStringList words{u"preflight"_s};
    words += domainAndPeer(request) + imageDirectory(request);
    if (const QJsonValue reuse = request.settings[pair_setting::reuseDisks]; reuse.isBool())
        words << (reuse.toBool() ? u"--reuse-disks"_s : u"--no-reuse-disks"_s);
    return line(words);
}

QString CommandText::unprotect(const QString& domain) const
{
    return line({u"unprotect"_s, domain});
}

QString CommandText::switchOver(const QString& domain) const
{
    return line({u"switchover"_s, domain});
}

QString CommandText::takeOver(const QString& domain) const { return line({u"takeover"_s, domain}); }

QString CommandText::continueAlone(const QString& domain, bool force) const
{
    QStringList words{u"continue-alone"_s, domain};
    if (force)
        words << u"--force"_s;
    return line(words);
}

QString CommandText::drainHost() const { return line({u"host"_s, u"drain"_s}); }

QString CommandText::cancelJob(quint64 number) const
{
    return line({u"job"_s, u"cancel"_s, QString::number(number)});
}

QString CommandText::set(const QString& domain, const QJsonObject& settings) const
{
    QStringList words{u"set"_s, domain};
    for (const PairSetting& setting : pairSettings()) {
        if (const auto found = settings.find(setting.name); found != settings.end())
            words << setting.name + u'=' + showPairSetting(setting, *found);
    }
    return line(words);
}

QString CommandText::addPeer(const QString& address, const QString& fingerprint,
                             const QString& name) const
{
    QStringList words{u"peer"_s, u"add"_s, address, u"--fingerprint"_s, fingerprint};
    if (!name.isEmpty())
        words << u"--name"_s << name;
    return line(words);
}

QString CommandText::acceptPeer(const QString& peer, const QString& fingerprint) const
{
    return line({u"peer"_s, u"accept"_s, peer, u"--fingerprint"_s, fingerprint});
}

QString CommandText::setHeartbeat(const QString& peer, const HeartbeatChange& change) const
{
    QStringList words{u"peer"_s, u"set"_s, peer};
    if (change.intervalMs)
        words << u"--heartbeat-interval"_s << QString::number(*change.intervalMs);
    if (change.timeoutMs)
        words << u"--heartbeat-timeout"_s << QString::number(*change.timeoutMs);
    if (change.secondPath)
        words << u"--second-path"_s
              << (change.secondPath->isEmpty() ? u"none"_s : *change.secondPath);
    return line(words);
}

QString CommandText::removePeer(const QString& peer) const
{
    return line({u"peer"_s, u"remove"_s, peer});
}

} // namespace lockstep::gui
