// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>

namespace lockstep {

/// What libvirt's hook (packaging/libvirt/qemu-hook) is to say when somebody starts a paired domain
/// on this host: one small file per domain, which outlives lockstepd. "allow\n", or "refuse\n" and
/// a line for people; a domain without a file is not guarded, whatever else is in a file refuses. A
/// shadow's start is let through in any case.
///
/// A change is on disk when a call returns without an error, and all or nothing after a power cut.
/// refuse() before a record is saved that lets another host run the domain, allow() after one that
/// lets only this host: then the file never allows more than the record. Each call that changes
/// something blocks for two fsyncs (the first one for three), one that changes nothing for none.
/// Not for use by several threads at once. Errors: StoreError; the file is as before or as asked
/// then.
class StartGuard final
{
public:
    /// The folder that the hook looks into. Another [store] directory does not move it: the hook
    /// must find it without lockstepd.
    static constexpr QLatin1StringView usualFolder{"/var/lib/lockstep/starts"};

    /// The folder is made by the first allow() or refuse() (0755).
    explicit StartGuard(QString folder);

    [[nodiscard]] Result<void> allow(const DomainUuid& domain);
    /// `why` is one sentence or more for whoever tried to start the domain: where it runs, under
    /// which epoch, what to do. It follows "DOMAIN is not started on this host: ".
    [[nodiscard]] Result<void> refuse(const DomainUuid& domain, const QString& why);
    /// The domain is nobody's concern any more. Good to repeat.
    [[nodiscard]] Result<void> forget(const DomainUuid& domain);
    /// Domains with a file, good or damaged. None if the folder is missing.
    [[nodiscard]] QList<DomainUuid> known() const;

private:
    [[nodiscard]] QString pathOf(const DomainUuid& domain) const;
    [[nodiscard]] Result<void> makeFolder();
    [[nodiscard]] Result<void> put(const DomainUuid& domain, const QByteArray& content);

    QString m_folder;
    bool m_folderDurable{false};
    QHash<DomainUuid, QByteArray> m_durable; ///< What this process knows to be on disk.
};

} // namespace lockstep
