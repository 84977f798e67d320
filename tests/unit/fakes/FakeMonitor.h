// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/OneShot.h"
#include "base/Types.h"
#include "hypervisor/Monitor.h"

#include <QJsonArray>
#include <QMap>
#include <QSet>
#include <QStringList>

#include <functional>
#include <optional>

namespace lockstep::test {

/// A QEMU in memory, as far as replication drives one: block nodes, drives, objects, chardevs,
/// block jobs, migration and COLO. It refuses what QEMU refuses (what is in use, a quorum over a
/// node in use, what is not there) and answers from the event loop. Any command can be made to
/// fail.
class FakeMonitor final : public Monitor
{
public:
    enum class Fault {
        Refused,    ///< Without effect.
        TookEffect, ///< The answer is late: Timeout, but it was done.
    };
    struct Node
    {
        QString driver;
        QMap<QString, QString> children;
        friend bool operator==(const Node&, const Node&) = default;
    };

    FakeMonitor() = default;
    explicit FakeMonitor(QStringList* journal) : m_journal{journal} { }

    void addDisk(const QString& alias, const QString& node, Bytes size);
    [[nodiscard]] Task<Result<QJsonValue>> execute(QString command, QJsonObject arguments,
                                                   std::chrono::milliseconds deadline) override;

    // What the test arranges.
    std::optional<int> failAt;    ///< Number of the command that fails, from 0.
    std::optional<int> deafFrom;  ///< From this command on nothing is done: the daemon has died.
    std::optional<OneShot<bool>> hold; ///< The next command is carried out when this completes.
    Fault fault{Fault::Refused};
    QString refused;              ///< Every command of this name fails.
    QString migrationEnd; ///< E.g. "failed": what the migration comes to instead of pre-switchover.
    QString coloEnd; ///< What migrate-continue comes to instead of "colo".
    QString mirrorError; ///< What the mirrors have failed with.
    QString mirrorEndError; ///< What they fail with when they are ended.
    QString backupError; ///< What the backups report once they have ended.
    QString replicationError; ///< What has kept a write from a replica.
    bool mergeFails{false}; ///< The merge after a takeover gives up, as on a full disk.
    bool off{false}; ///< The domain has ended.
    std::function<void(const QString& name)> event; ///< Where its events go.
    std::function<void()> entered; ///< Told when it enters COLO as a primary.
    std::function<void()> left; ///< Told when it leaves COLO, on either side.
    std::function<void(int number)> seen; ///< Told of each command before it is answered.
    qint64 cpuThread{0}; ///< Of the guest's CPU; 0: it does not tell.
    int rounds{2}; ///< Queries until a copy or merge is through.
    QStringList compressions{QStringLiteral("none"), QStringLiteral("zlib"),
                             QStringLiteral("zstd")}; ///< With which it was built.

    // Its state.
    QString status{QStringLiteral("running")};
    QString coloMode{QStringLiteral("none")};
    QString migration{QStringLiteral("none")};
    QMap<QString, Node> nodes;
    QMap<QString, QString> drives; ///< Node by device alias.
    QMap<QString, QJsonObject> objects;
    QStringList chardevs;
    QMap<QString, QString> jobs; ///< Target node by job; empty once it is concluded.
    QMap<QString, QStringList> bitmaps; ///< By node; a node without any is not in it.
    QStringList flushed; ///< Nodes, in the order in which they were flushed.
    QMap<QString, qint64> speeds; ///< Of jobs, as they were set last.
    QStringList zeroTargets; ///< Nodes that a mirror was told to be all zero before.
    QMap<QString, QString> exports;
    bool nbdServer{false};
    QSet<QString> capabilities; ///< Of migration, those that are on.
    QJsonObject parameters; ///< Of migration, those that were set.
    std::optional<QSet<QString>> incoming; ///< Capabilities with which it waits for a migration.

    // What it has seen.
    int commands{0};
    bool aborted{false}; ///< A drive was given the node that it had: an assertion of QEMU's.
    bool ranAtLogStart{false}; ///< The guest has run while QEMU began to log what it writes.
    bool ranParked{false}; ///< The guest has run with a disk on a placeholder: it has lost data.

private:
    using Answer = Result<QJsonValue>;
    [[nodiscard]] Answer answer(const QString& command, const QJsonObject& arguments);
    [[nodiscard]] std::optional<Answer> answerBlock(const QString& command,
                                                    const QJsonObject& arguments);
    [[nodiscard]] std::optional<Answer> answerObjects(const QString& command,
                                                      const QJsonObject& arguments);
    [[nodiscard]] std::optional<Answer> answerMigration(const QString& command,
                                                        const QJsonObject& arguments);
    [[nodiscard]] std::optional<Answer> answerJobs(const QString& command,
                                                   const QJsonObject& arguments);
    [[nodiscard]] std::optional<Answer> answerBitmaps(const QString& command,
                                                      const QJsonObject& arguments);
    [[nodiscard]] Answer startMirror(const QJsonObject& arguments);
    [[nodiscard]] Answer startBackup(const QJsonObject& arguments);
    [[nodiscard]] Answer cancelJob(const QString& id, bool force);
    [[nodiscard]] std::optional<Answer> answerReplication(const QString& command);
    void startReplicating();
    /// It has ended, and waits to be dismissed; its nodes are free.
    void conclude(const QString& id, const QString& error);
    /// Everything that uses a node uses the other one instead.
    void replaceNode(const QString& node, const QString& by);
    [[nodiscard]] std::optional<Answer> answerMigrationSettings(const QString& command,
                                                                const QJsonObject& arguments);
    [[nodiscard]] Answer addNode(const QJsonObject& node);
    [[nodiscard]] Answer changeChildren(const QJsonObject& change);
    [[nodiscard]] Answer setProperty(const QJsonObject& arguments);
    [[nodiscard]] QJsonArray listNodes();
    [[nodiscard]] QJsonArray listDrives() const;
    [[nodiscard]] QJsonArray listJobs();
    [[nodiscard]] bool isUsed(const QString& node) const;
    void setRunning();
    void enterColo();
    void beginMerge();
    void endMerge();

    QStringList* m_journal{nullptr};
    QMap<QString, Bytes> m_sizes;
    QMap<QString, QString> m_filters; ///< Of mirrors that have one.
    QStringList m_backups; ///< Which of the jobs are.
    QStringList m_replicating; ///< Nodes of replication that have been started.
    QMap<QString, QString> m_concluded; ///< Jobs, with what they have failed with.
    int m_copied{0};
    int m_switching{0};
    bool m_yanked{false};
    bool m_merging{false};
};

} // namespace lockstep::test
