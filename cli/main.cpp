// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Program.h"
#include "cli/Shell.h"

#include <QString>

#include <string>
#include <vector>

namespace {

/// `lockstep 'list; show web1'`, as virsh takes it: several commands in one word, with nothing but
/// options of the program in front.
bool endsWithLine(const std::vector<std::string>& words)
{
    if (words.empty() || words.back().find_first_of("; \t\n") == std::string::npos)
        return false;
    for (std::size_t n = 0; n + 1 < words.size(); ++n) {
        if (words[n] == "-c" || words[n] == "--connect")
            ++n;
        else if (!words[n].starts_with('-'))
            return false;
    }
    const bool isValue = words.size() > 1
        && (words[words.size() - 2] == "-c" || words[words.size() - 2] == "--connect");
    return !isValue && !words.back().starts_with('-');
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
        return *status;
    if (program.context().run)
        return program.run();
    return line.empty() ? runShell(program.context().json)
                        : runLine(QString::fromStdString(line), program.context().json);
}
