// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/BundleParts.h"

#include "base/Config.h"
#include "cli/EventSelection.h"
#include "cli/Waiting.h"

#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QStandardPaths>
#include <QSysInfo>

#include <sys/stat.h>

#include <cerrno>
#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 15s;
constexpr auto daemonPatience = 10s;
constexpr auto doctorPatience = 60s; // It waits for other hosts, and fence devices.
constexpr qint64 longestLog = 8'000'000; // bytes, the newest

const QString logFile = u"/var/log/lockstep/lockstepd.log"_s;
const QString logPart = u"lockstepd.log"_s;
const QString journalPart = u"journal.txt"_s;

struct Call
{
    QString part;
    QString program;
    QStringList arguments;
};

QStringList virsh(const QString& uri, const QStringList& arguments)
{
    return QStringList{u"--connect"_s, uri, u"--readonly"_s} + arguments;
}

QList<Call> calls(const QString& uri)
{
    return {
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
        {u"system/virsh-version.txt"_s, u"virsh"_s, virsh(uri, {u"version"_s})},
        {u"system/domains.txt"_s, u"virsh"_s, virsh(uri, {u"list"_s, u"--all"_s})},
        {journalPart,
         u"journalctl"_s,
         {u"--unit=lockstepd"_s, u"--no-pager"_s, u"--output=short-iso-precise"_s,
          u"--lines=50000"_s}},
    };
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
        if (!value) {
            miss(name, value.error());
            return;
        }
        const QJsonValue clean = m_redaction.json(*value);
        const QJsonDocument document =
            clean.isArray() ? QJsonDocument{clean.toArray()} : QJsonDocument{clean.toObject()};
        m_all.parts.append({.name = name, .content = document.toJson()});
    }
    void addOutput(const QString& name, const Result<ProgramOutput>& output)
    {
        addText(name, output.transform([](const ProgramOutput& all) { return all.text; }));
        noteProblem(name, output);
    }
    void addXml(const QString& name, const Result<ProgramOutput>& document)
    {
        if (document)
            m_all.parts.append(
                {.name = name,
                 .content = m_redaction.xml(QString::fromUtf8(document->text)).toUtf8()});
        else
            miss(name, document.error());
        noteProblem(name, document);
    }
    void addSettings(const QString& path)
    {
        QFile file{path};
        if (!file.open(QIODevice::ReadOnly)) {
            const Error why{Errc::Refused, u"%1: %2"_s.arg(path, file.errorString())};
            struct stat status{};
            const bool isNone =
                ::stat(QFile::encodeName(path).constData(), &status) != 0 && errno == ENOENT;
            if (!isNone)
                m_unknown = why.during(u"the passwords that may be in it are not known"_s);
            miss(u"lockstepd.conf"_s, why);
            return;
        }
        const QByteArray content = file.readAll();
        learnPassword(content);
        if (const QString uri = settingIn(content, u"libvirt"_s, u"uri"_s); !uri.isEmpty())
            m_uri = uri;
        m_all.parts.append(
            {.name = u"lockstepd.conf"_s, .content = m_redaction.settings(content).toUtf8()});
    }
    void miss(const QString& name, const Error& why)
    {
        m_all.missing << name + u": "_s + m_redaction.text(why.message());
    }
    [[nodiscard]] bool isCancelled() const { return m_cancelled(); }
    /// Why logs cannot be cleaned of passwords, if so.
    [[nodiscard]] const std::optional<Error>& unknownSecrets() const { return m_unknown; }
    /// Where libvirt is.
    [[nodiscard]] const QString& uri() const { return m_uri; }
    [[nodiscard]] BundleParts take() { return std::move(m_all); }

private:
    void learnPassword(const QByteArray& settings)
    {
        QFile password{settingIn(settings, u"etcd"_s, u"password-file"_s)};
        if (!password.fileName().isEmpty() && password.open(QIODevice::ReadOnly))
            m_redaction.addSecret(QString::fromUtf8(password.readLine()).trimmed());
    }
    /// What was written before a program failed is better than nothing.
    void noteProblem(const QString& name, const Result<ProgramOutput>& output)
    {
        if (output && !output->problem.isEmpty())
            miss(name, Error{Errc::Refused, u"it may be incomplete: "_s + output->problem});
    }

    const std::function<bool()>& m_cancelled;
    Redaction m_redaction;
    std::optional<Error> m_unknown;
    QString m_uri{Config::Libvirt{}.uri};
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

/// Adds what lockstepd answers. One that is away, or does not answer in time, is not asked again.
class Answers final
{
public:
    Answers(Gathering& bundle, Result<Daemon>& daemon) : m_bundle{bundle}, m_daemon{daemon}
    {
        if (!daemon)
            m_away = daemon.error();
    }

    template <typename Question>
    void add(const QString& part, std::chrono::milliseconds deadline, Question question)
    {
        if (m_bundle.isCancelled())
            return;
        if (m_away) {
            m_bundle.miss(part, *m_away);
            return;
        }
        const auto said = Bus::timeout();
        const Hurry hurry{*m_daemon, said ? std::chrono::milliseconds{*said} : deadline};
        const Result<QJsonValue> answer =
            question(*m_daemon).transform([](const auto& value) { return QJsonValue{value}; });
        if (!answer
            && (answer.error().code() == Errc::Timeout
                || answer.error().code() == Errc::DaemonUnavailable))
            m_away = answer.error();
        m_bundle.addJson(part, answer);
    }

private:
    Gathering& m_bundle;
    Result<Daemon>& m_daemon;
    std::optional<Error> m_away;
};

/// A domain that is, or was, protected.
struct PairedDomain
{
    QString name;
    QString uuid;
};

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

/// All that lockstepd says. Returns its pairs' domains.
QList<PairedDomain> addAnswers(Gathering& bundle, Result<Daemon>& daemon,
                               const std::vector<std::string>& hosts)
{
    QList<PairedDomain> domains;
    Answers answers{bundle, daemon};
    answers.add(u"own.json"_s, daemonPatience, [](Daemon& d) { return d.own(); });
    answers.add(u"pairs.json"_s, daemonPatience, [&domains](Daemon& d) {
        return d.pairs().transform([&domains](const auto& pairs) {
            for (const RemoteObject& pair : pairs)
                domains.append({.name = pair.properties[u"domain"].toString(),
                                .uuid = pair.properties[u"uuid"].toString()});
            return propertiesOf(pairs);
        });
    });
    answers.add(u"peers.json"_s, daemonPatience,
                [](Daemon& d) { return d.peers().transform(propertiesOf); });
    answers.add(u"jobs.json"_s, daemonPatience,
                [](Daemon& d) { return d.jobs().transform(propertiesOf); });
    answers.add(u"events.json"_s, daemonPatience, [](Daemon& d) {
        return d.events({.domain = {}, .limit = mostEvents, .since = {}}).transform(toArray);
    });
    // Last: it is the one that may take long.
    answers.add(u"doctor.json"_s, doctorPatience, [&hosts](Daemon& d) {
        const Waiting waiting{u"looking at the hosts"_s};
        return d.doctor(hosts);
    });
    return domains;
}

} // namespace

Result<ProgramOutput> outputOf(const QString& program, const QStringList& arguments,
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
    ProgramOutput output{.text = process.readAllStandardOutput(), .problem = {}};
    const bool hasCrashed = process.exitStatus() != QProcess::NormalExit;
    if (hasCrashed || process.exitCode() != 0)
        output.problem = u"%1: %2: %3"_s.arg(
            program, hasCrashed ? u"it crashed"_s : u"exit status %1"_s.arg(process.exitCode()),
            QString::fromUtf8(process.readAllStandardError()).simplified());
    if (!output.problem.isEmpty() && output.text.isEmpty())
        return failure(Errc::Refused, output.problem);
    return output;
}

Result<BundleParts> gatherParts(Result<Daemon>& daemon, const std::vector<std::string>& hosts,
                                const std::function<bool()>& cancelled)
{
    Gathering bundle{cancelled};
    // First: the passwords in it are then known in all that follows.
    bundle.addSettings(Config::usualPath);
    const QList<PairedDomain> domains = addAnswers(bundle, daemon, hosts);
    bundle.addText(u"system/lockstep.txt"_s,
                   QByteArray{"lockstep " LOCKSTEP_VERSION "\n"}
                       + QSysInfo::prettyProductName().toUtf8() + '\n');
    const auto& unknown = bundle.unknownSecrets();
    const QList<Call> all = calls(bundle.uri());
    for (const Call& call : all) {
        if (bundle.isCancelled())
            break;
        if (unknown && call.part == journalPart)
            bundle.miss(call.part, *unknown);
        else
            bundle.addOutput(call.part, outputOf(call.program, call.arguments, patience));
    }
    if (unknown)
        bundle.miss(logPart, *unknown);
    else if (QFile::exists(logFile))
        bundle.addText(logPart, endOfFile(logFile));
    for (const PairedDomain& domain : domains) {
        if (bundle.isCancelled())
            break;
        bundle.addXml(u"domains/%1.xml"_s.arg(QString{domain.name}.replace(u'/', u'_')),
                      outputOf(u"virsh"_s,
                               virsh(bundle.uri(), {u"dumpxml"_s, u"--"_s, domain.uuid}),
                               patience));
    }
    if (bundle.isCancelled())
        return failure(Errc::Cancelled, u"the bundle is not wanted any more"_s);
    return bundle.take();
}

} // namespace lockstep::cli
