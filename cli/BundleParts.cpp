// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/BundleParts.h"

#include "base/Config.h"
#include "cli/Waiting.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QSysInfo>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 15s;
constexpr qint64 longestLog = 8'000'000; // bytes, the newest
constexpr quint64 mostEvents = 1000;

const QString logFile = u"/var/log/lockstep/lockstepd.log"_s;

struct Call
{
    QString part;
    QString program;
    QStringList arguments;
};

const QList<Call>& calls()
{
    static const QList<Call> all{
        {u"system/uname.txt"_s, u"uname"_s, {u"-a"_s}},
        {u"system/ip-address.txt"_s, u"ip"_s, {u"-details"_s, u"address"_s}},
        {u"system/ip-link.txt"_s, u"ip"_s, {u"-statistics"_s, u"link"_s}},
        {u"system/ip-route.txt"_s, u"ip"_s, {u"route"_s}},
        {u"system/sockets.txt"_s, u"ss"_s, {u"-tuna"_s}},
        {u"system/firewall.txt"_s, u"nft"_s, {u"list"_s, u"ruleset"_s}},
        {u"system/disks.txt"_s, u"df"_s, {u"-h"_s}},
        {u"system/packages.txt"_s,
         u"dpkg-query"_s,
         {u"--show"_s, u"lockstep*"_s, u"libvirt-daemon*"_s, u"qemu-system-x86*"_s}},
        {u"system/virsh-version.txt"_s, u"virsh"_s, {u"--readonly"_s, u"version"_s}},
        {u"system/domains.txt"_s, u"virsh"_s, {u"--readonly"_s, u"list"_s, u"--all"_s}},
        {u"journal.txt"_s,
         u"journalctl"_s,
         {u"--unit=lockstepd"_s, u"--no-pager"_s, u"--output=short-iso-precise"_s,
          u"--lines=50000"_s}},
    };
    return all;
}

/// Adds part after part.
class Gathering final
{
public:
    explicit Gathering(const std::function<bool()>& cancelled) : m_cancelled{cancelled} { }

    void addText(const QString& name, const Result<QByteArray>& content)
    {
        if (content)
            m_all.parts.append(
                {.name = name, .content = m_redaction.text(QString::fromUtf8(*content)).toUtf8()});
        else
            miss(name, content.error());
    }
    void addJson(const QString& name, const Result<QJsonValue>& value)
    {
        if (!value)
            return miss(name, value.error());
        const QJsonValue clean = m_redaction.json(*value);
        const QJsonDocument document =
            clean.isArray() ? QJsonDocument{clean.toArray()} : QJsonDocument{clean.toObject()};
        m_all.parts.append({.name = name, .content = document.toJson()});
    }
    void addXml(const QString& name, const Result<QByteArray>& document)
    {
        if (document)
            m_all.parts.append(
                {.name = name, .content = m_redaction.xml(QString::fromUtf8(*document)).toUtf8()});
        else
            miss(name, document.error());
    }
    void addSettings(const QString& path)
    {
        QFile file{path};
        if (!file.open(QIODevice::ReadOnly))
            return miss(u"lockstepd.conf"_s,
                        Error{Errc::Refused, u"%1: %2"_s.arg(path, file.errorString())});
        const QByteArray content = file.readAll();
        learnPassword(content, path);
        m_all.parts.append(
            {.name = u"lockstepd.conf"_s, .content = m_redaction.settings(content).toUtf8()});
    }
    void miss(const QString& name, const Error& why)
    {
        m_all.missing << name + u": "_s + m_redaction.text(why.message());
    }
    [[nodiscard]] bool isCancelled() const { return m_cancelled(); }
    [[nodiscard]] BundleParts take() { return std::move(m_all); }

private:
    void learnPassword(const QByteArray& settings, const QString& path)
    {
        const auto config = Config::parse(settings, path);
        QFile password{config ? config->etcd.passwordFile : QString{}};
        if (!password.fileName().isEmpty() && password.open(QIODevice::ReadOnly))
            m_redaction.addSecret(QString::fromUtf8(password.readLine()).trimmed());
    }

    const std::function<bool()>& m_cancelled;
    Redaction m_redaction;
    BundleParts m_all;
};

QJsonArray propertiesOf(const QList<RemoteObject>& objects)
{
    QJsonArray all;
    for (const RemoteObject& object : objects)
        all.append(object.properties);
    return all;
}

QJsonArray toArray(const QList<QJsonObject>& objects)
{
    QJsonArray all;
    for (const QJsonObject& object : objects)
        all.append(object);
    return all;
}

/// What a call of the daemon came to; its own error if it is out of reach.
template <typename Question>
Result<QJsonValue> ask(Result<Daemon>& daemon, Question question)
{
    if (!daemon)
        return std::unexpected{daemon.error()};
    return question(*daemon).transform([](const auto& value) { return QJsonValue{value}; });
}

Result<QByteArray> endOfFile(const QString& path)
{
    QFile file{path};
    if (!file.open(QIODevice::ReadOnly))
        return failure(Errc::Refused, u"%1: %2"_s.arg(path, file.errorString()));
    file.seek(std::max<qint64>(0, file.size() - longestLog));
    return file.read(longestLog);
}

/// Users have no sbin in their PATH.
QString pathOf(const QString& program)
{
    const QString found = QStandardPaths::findExecutable(program);
    return found.isEmpty() ? QStandardPaths::findExecutable(
                                 program, {u"/usr/bin"_s, u"/usr/sbin"_s, u"/bin"_s, u"/sbin"_s})
                           : found;
}

/// All that lockstepd says. Returns the names of its pairs' domains.
QStringList addAnswers(Gathering& bundle, Result<Daemon>& daemon,
                       const std::vector<std::string>& hosts)
{
    QStringList domains;
    bundle.addJson(u"own.json"_s, ask(daemon, [](Daemon& d) { return d.own(); }));
    bundle.addJson(u"doctor.json"_s, ask(daemon, [&hosts](Daemon& d) {
                       const Waiting waiting{u"looking at the hosts"_s};
                       return d.doctor(hosts);
                   }));
    bundle.addJson(u"pairs.json"_s, ask(daemon, [&domains](Daemon& d) {
                       return d.pairs().transform([&domains](const auto& pairs) {
                           for (const RemoteObject& pair : pairs)
                               domains << pair.properties[u"domain"].toString();
                           return propertiesOf(pairs);
                       });
                   }));
    bundle.addJson(u"peers.json"_s,
                   ask(daemon, [](Daemon& d) { return d.peers().transform(propertiesOf); }));
    bundle.addJson(u"jobs.json"_s,
                   ask(daemon, [](Daemon& d) { return d.jobs().transform(propertiesOf); }));
    bundle.addJson(
        u"events.json"_s, ask(daemon, [](Daemon& d) {
            return d.events({.domain = {}, .limit = mostEvents, .since = {}}).transform(toArray);
        }));
    return domains;
}

} // namespace

Result<QByteArray> outputOf(const QString& program, const QStringList& arguments,
                            std::chrono::milliseconds time)
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"LC_ALL"_s, u"C"_s);
    process.setProcessEnvironment(environment);
    if (pathOf(program).isEmpty())
        return failure(Errc::NotSupported, u"there is no program %1"_s.arg(program));
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(pathOf(program), arguments, QIODevice::ReadOnly);
    if (!process.waitForStarted(static_cast<int>(time.count())))
        return failure(Errc::NotSupported, u"%1 cannot be run"_s.arg(program));
    if (!process.waitForFinished(static_cast<int>(time.count()))) {
        process.kill();
        process.waitForFinished();
        return failure(Errc::Timeout,
                       u"%1 has not ended within %2 ms"_s.arg(program).arg(time.count()));
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return failure(
            Errc::Refused,
            u"%1: %2"_s.arg(program,
                            QString::fromUtf8(process.readAllStandardError()).simplified()));
    return process.readAllStandardOutput();
}

Result<BundleParts> gatherParts(Result<Daemon>& daemon, const std::vector<std::string>& hosts,
                                const std::function<bool()>& cancelled)
{
    Gathering bundle{cancelled};
    // First: the passwords in it are then known in all that follows.
    bundle.addSettings(Config::usualPath);
    const QStringList domains = addAnswers(bundle, daemon, hosts);
    bundle.addText(u"system/lockstep.txt"_s,
                   QByteArray{"lockstep " LOCKSTEP_VERSION "\n"}
                       + QSysInfo::prettyProductName().toUtf8() + '\n');
    for (const Call& call : calls()) {
        if (bundle.isCancelled())
            break;
        bundle.addText(call.part, outputOf(call.program, call.arguments, patience));
    }
    if (QFile::exists(logFile))
        bundle.addText(u"lockstepd.log"_s, endOfFile(logFile));
    for (const QString& domain : domains) {
        if (bundle.isCancelled())
            break;
        bundle.addXml(
            u"domains/%1.xml"_s.arg(QString{domain}.replace(u'/', u'_')),
            outputOf(u"virsh"_s, {u"--readonly"_s, u"dumpxml"_s, u"--"_s, domain}, patience));
    }
    if (bundle.isCancelled())
        return failure(Errc::Cancelled, u"the bundle is not wanted any more"_s);
    return bundle.take();
}

} // namespace lockstep::cli
