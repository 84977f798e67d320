// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Certificates.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QSslCertificate>

#include <algorithm>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr int daysOfWarning = 30;

struct Place
{
    QString path;
    QString renewal; ///< What makes a new one.
};

QList<Place> places(const Config& config)
{
    const QString identity = config.store.directory + u"/identity"_s;
    const QString forQemu = config.store.directory + u"/qemu-tls"_s;
    QList<Place> found;
    for (const auto& name : {u"/ca-cert.pem"_s, u"/daemon-cert.pem"_s}) {
        found.append(
            {.path = identity + name,
             .renewal =
                 u"systemctl stop lockstepd && mv %1 %1.old && systemctl start lockstepd; then "
                 "'lockstep peer remove' and 'lockstep peer add' on every host"_s.arg(identity)});
    }
    QDirIterator files{forQemu, {u"*-cert.pem"_s}, QDir::Files, QDirIterator::Subdirectories};
    while (files.hasNext()) {
        const QString path = files.next();
        found.append({.path = path,
                      .renewal = u"rm -r %1: it is made anew when a domain is protected next"_s.arg(
                          QFileInfo{path}.path())});
    }
    for (const QString& path : {config.etcd.ca, config.etcd.cert}) {
        if (!path.isEmpty())
            found.append(
                {.path = path,
                 .renewal = u"renew it with etcd's authority, then systemctl restart lockstepd"_s});
    }
    return found;
}

Finding unreadable(const Place& place, const QString& why)
{
    return wrong(Id::Certificates, u"%1 cannot be used: %2"_s.arg(place.path, why), place.renewal);
}

QList<Finding> judge(const Place& place, const QSslCertificate& certificate, const QDateTime& now)
{
    const auto day = [](const QDateTime& time) { return time.date().toString(Qt::ISODate); };
    const QDateTime end = certificate.expiryDate();
    if (certificate.effectiveDate() > now)
        return {wrong(
            Id::Certificates,
            u"the certificate %1 is valid only from %2 on, and this host's clock shows %3"_s.arg(
                place.path, day(certificate.effectiveDate()), day(now)),
            u"date -s, or timedatectl set-ntp true: correct the clock"_s)};
    if (end < now)
        return {wrong(Id::Certificates,
                      u"the certificate %1 has expired on %2"_s.arg(place.path, day(end)),
                      place.renewal)};
    if (end < now.addDays(daysOfWarning))
        return {warning(Id::Certificates,
                        u"the certificate %1 expires on %2"_s.arg(place.path, day(end)),
                        place.renewal)};
    return {};
}

} // namespace

QList<Finding> examineCertificates(const Config& config, const QDateTime& now)
{
    QList<Finding> found;
    qsizetype count = 0;
    const auto all = places(config);
    for (const Place& place : all) {
        QFile file{place.path};
        if (!file.open(QIODevice::ReadOnly)) {
            found << unreadable(place, file.errorString());
            continue;
        }
        const auto certificates = QSslCertificate::fromData(file.readAll(), QSsl::Pem);
        if (certificates.isEmpty())
            found << unreadable(place, u"it holds no certificate"_s);
        for (const auto& certificate : certificates)
            found << judge(place, certificate, now);
        count += certificates.size();
    }
    if (found.isEmpty())
        found << fine(Id::Certificates, u"all %1 certificates are valid"_s.arg(count));
    return found;
}

} // namespace lockstep::doctor
