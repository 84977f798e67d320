// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QtCore/qnamespace.h>

namespace lockstep::gui {

/// What all models have beside Qt's own roles. Qt::AccessibleTextRole is the cell with its heading:
/// what a screen reader says of it; Qt::ToolTipRole explains a state.
enum Role {
    IdRole = Qt::UserRole + 1, ///< The thing's id in Source (QString), in each column.
    SortRole, ///< What the column is sorted by, of a type that has an order.
    WordRole, ///< The state's word as the daemon says it (QString), in each column: for filters.
    UuidRole, ///< Of the domain (QString), in each column.
};

} // namespace lockstep::gui
