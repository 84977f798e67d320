// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "replication/ShadowPolicy.h"

namespace lockstep {

/// What this host lets a peer's shadow be. A trusted peer may have shadows of its domains here,
/// and nothing else: neither other domains nor other files, devices or networks.

/// The XML to start the shadow of `record` with, whose images have been named, from its primary's
/// migratable XML; changes nothing. Errors: ShadowRefused, NoSpace if there is too little memory,
/// Malformed.
[[nodiscard]] Task<Result<QString>> admitShadow(PairParts parts, PairRecord record,
                                                QString migratableXml);

/// What it would be refused for, as far as can be told before there are images. `spec` is the
/// primary's. Errors: those of libvirt.
[[nodiscard]] Task<Result<QList<ShadowRefusal>>> foreseenRefusals(PairParts parts,
                                                                  ReplicationSpec spec,
                                                                  QString imageDirectory,
                                                                  QString migratableXml);

/// Why a peer may not have images made in this directory here; empty if it may.
[[nodiscard]] QString imageDirectoryRefusal(const Config& config, const QString& directory);

} // namespace lockstep
