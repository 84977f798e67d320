// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/look/Trouble.h"

#include <QCoreApplication>
#include <QMessageBox>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) { return QCoreApplication::translate("Trouble", text); }

} // namespace

QString remedyText(const Error& error)
{
    if (error.code() == Errc::NotAuthorized) {
        return translated(QT_TRANSLATE_NOOP(
            "Trouble",
            "You need the password of an administrator, or to be in the group \"lockstep\" of that "
            "host: usermod -aG lockstep NAME, then log in again."));
    }
    return error.remedy();
}

void showTrouble(QWidget* parent, const QString& what, const Error& error)
{
    const QString headline = translated(QT_TRANSLATE_NOOP("Trouble", "%1: that failed")).arg(what);
    auto* const box = new QMessageBox{QMessageBox::Warning, QCoreApplication::applicationName(),
                                      headline, QMessageBox::Close, parent};
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    QString text = error.message();
    if (const QString remedy = remedyText(error); !remedy.isEmpty())
        text += u"\n\n"_s + remedy;
    box->setInformativeText(text + u"\n\n"_s
                            + translated(QT_TRANSLATE_NOOP("Trouble", "Name of the error: %1"))
                                  .arg(info(error.code()).name));
    box->open();
}

} // namespace lockstep::gui
