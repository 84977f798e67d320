// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Assignments.h"

#include "base/PairSettingTable.h"
#include "base/Text.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<void> readAssignment(const QString& word, QJsonObject& into)
{
    const auto split = word.indexOf(u'=');
    if (split < 1)
        return failure(Errc::InvalidArgument, u"\"%1\" is not KEY=VALUE"_s.arg(shortened(word, 80)),
                       u"For example: lockstep set DOMAIN auto-protect=yes."_s);
    const auto setting = findPairSetting(word.first(split));
    if (!setting)
        return std::unexpected{setting.error()};
    const QString name = (*setting)->name;
    if (into.contains(name))
        return failure(Errc::InvalidArgument, u"%1 is given twice"_s.arg(name));
    const auto value = readPairSetting(**setting, word.sliced(split + 1));
    if (!value)
        return std::unexpected{value.error()};
    into.insert(name, *value);
    return {};
}

} // namespace

Result<void> readAssignments(const std::vector<std::string>& words, QJsonObject& into)
{
    for (const std::string& word : words) {
        if (const auto taken = readAssignment(QString::fromStdString(word), into); !taken)
            return taken;
    }
    return {};
}

std::vector<std::string> assignments()
{
    std::vector<std::string> all;
    for (const PairSetting& setting : pairSettings()) {
        for (const QString& value : wordsFor(setting))
            all.push_back(u"%1=%2"_s.arg(setting.name, value).toStdString());
    }
    return all;
}

std::string settingsHelp()
{
    QString text = u"Settings:"_s;
    for (const PairSetting& setting : pairSettings())
        text += u"\n  %1\n      %2: %3; default: %4.\n      Changed %5."_s.arg(
            setting.name, setting.meaning, allowedFor(setting),
            showPairSetting(setting, defaultOf(setting)), setting.when);
    return text.toStdString();
}

} // namespace lockstep::cli
