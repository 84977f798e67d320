// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Output.h"
#include "cli/Program.h"
#include "cli/Shell.h"

#include <QString>

#include <cstdio>
#include <string>
#include <vector>

namespace {

/// `lockstep 'list; show web1'`, as virsh takes it: several commands in one word, with nothing but
/// options of the program in front.
bool endsWithLine(const std::vector<std::string>& words)
{
    if (words.empty() || words.back().find_first_of("; \t\n") == std::string::npos)
        return false;
    const auto takesValue = [](const std::string& word) {
        return word == "-c" || word == "--connect" || word == "--timeout";
    };
    for (std::size_t n = 0; n + 1 < words.size(); ++n) {
        if (takesValue(words[n]))
            ++n;
        else if (!words[n].starts_with('-'))
            return false;
    }
    const bool isValue = words.size() > 1 && takesValue(words[words.size() - 2]);
    return !isValue && !words.back().starts_with('-');
}

/// The exit status: what could not be written, on a full disk, was not done.
int ended(int status)
{
    const bool isWritten = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    if (isWritten || status != 0)
        return status;
    return lockstep::cli::printError({lockstep::Errc::Refused,
                                      QStringLiteral("standard output cannot be written"),
                                      QStringLiteral("See that the disk is not full.")},
                                     false);
}

} // namespace

int main(int argc, char* argv[])
{
    using namespace lockstep::cli;
    std::vector<std::string> words{argv + 1, argv + argc};
    std::string line;
    if (endsWithLine(words)) {
        line = words.back();
        words.pop_back();
    }
    Program program{false};
    if (const auto status = program.parse(words))
        return ended(*status);
    if (program.context().run)
        return ended(program.run());
    return ended(line.empty() ? runShell(program.context())
                              : runLine(QString::fromStdString(line), program.context()));
}
