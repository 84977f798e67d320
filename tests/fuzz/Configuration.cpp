// SPDX-License-Identifier: LGPL-2.1-or-later
/// lockstepd.conf, and changes to it by `lockstep config KEY=VALUE`. Lines that begin with
/// "!KEY=VALUE" are changes, the others are the file.

#include "Target.h"
#include "base/Config.h"
#include "base/ConfigEdit.h"

namespace {

using namespace lockstep;
using namespace Qt::StringLiterals;
using fuzz::promise;

constexpr qsizetype mostChanges = 8;

struct Input
{
    QByteArray file;
    QList<ConfigChange> changes;
};

Input partsOf(const QByteArray& bytes)
{
    Input input;
    QList<QByteArray> lines;
    const auto all = bytes.split('\n');
    for (const QByteArray& line : all) {
        const auto equals = line.indexOf('=');
        if (line.startsWith('!') && equals > 0 && input.changes.size() < mostChanges)
            input.changes.append({.key = QString::fromUtf8(line.first(equals).sliced(1)),
                                  .value = QString::fromUtf8(line.sliced(equals + 1))});
        else
            lines << line;
    }
    input.file = lines.join('\n');
    return input;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QString path = u"/etc/lockstep/lockstepd.conf"_s;
    const Input input = partsOf(fuzz::bytes(data, size));
    if (const auto config = Config::parse(input.file, path)) {
        promise(config->replication.portMin <= config->replication.portMax,
                "a range of ports has its ends in order");
        promise(config->control.name.isEmpty() || isHostName(config->control.name),
                "the host's name is one");
    }
    if (const auto changed = changedConfig(input.file, path, input.changes))
        promise(Config::parse(*changed, path).has_value(),
                "a changed configuration is one that lockstepd starts with");
    return 0;
}
