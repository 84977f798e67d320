// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store/StartGuard.h"

#include "store/DurableFile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

bool holds(const QString& path, const QByteArray& content)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) && file.read(content.size() + 1) == content;
}

} // namespace

StartGuard::StartGuard(QString folder) : m_folder{std::move(folder)} { }

Result<void> StartGuard::allow(const DomainUuid& domain) { return put(domain, "allow\n"_ba); }

Result<void> StartGuard::refuse(const DomainUuid& domain, const QString& why)
{
    const QString line = why.simplified();
    const QString said = line.isEmpty() ? u"another host may be running it."_s : line;
    return put(domain, "refuse\n"_ba + said.toUtf8() + '\n');
}

Result<void> StartGuard::forget(const DomainUuid& domain)
{
    m_durable.remove(domain);
    return removeDurably(pathOf(domain));
}

QList<DomainUuid> StartGuard::known() const
{
    QList<DomainUuid> result;
    for (const auto& name : QDir{m_folder}.entryList(QDir::Files | QDir::System)) {
        const DomainUuid domain{QUuid::fromString(name)};
        if (toString(domain) == name) // what a power cut left of an unfinished file has another
            result.append(domain);
    }
    return result;
}

QString StartGuard::pathOf(const DomainUuid& domain) const
{
    return m_folder + u'/' + toString(domain);
}

Result<void> StartGuard::makeFolder()
{
    constexpr mode_t folderMode = 0755;
    if (auto made = ensureFolder(m_folder, folderMode); !made)
        return made;
    const QString parent = QFileInfo{m_folder}.path();
    if (!m_folderDurable && !syncFolder(parent))
        return systemError(parent);
    m_folderDurable = true;
    return {};
}

Result<void> StartGuard::put(const DomainUuid& domain, const QByteArray& content)
{
    const QString path = pathOf(domain);
    if (m_durable.value(domain) == content && holds(path, content))
        return {};
    m_durable.remove(domain);
    if (auto made = makeFolder(); !made)
        return made;
    constexpr mode_t fileMode = 0644;
    if (auto written = replaceFile(path, content, fileMode); !written)
        return written;
    m_durable.insert(domain, content);
    return {};
}

} // namespace lockstep
