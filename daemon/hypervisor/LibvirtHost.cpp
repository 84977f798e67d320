// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtHost.h"

#include "hypervisor/Capabilities.h"
#include "hypervisor/HostFiles.h"

#include <libvirt/virterror.h>
#include <spdlog/spdlog.h>

#include <QFile>
#include <QProcess>
#include <QSysInfo>

#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace lockstep::libvirtHost {

namespace {

constexpr int versionDeadlineMs = 5000;

/// libvirt packs versions as major * 1000000 + minor * 1000 + release.
QString unpackVersion(unsigned long version)
{
    return u"%1.%2.%3"_s.arg(version / 1'000'000).arg(version / 1000 % 1000).arg(version % 1000);
}

Result<QemuVersion> askEmulator(const QString& emulator)
{
    QProcess process;
    process.start(emulator, {u"-version"_s}, QIODevice::ReadOnly);
    if (!process.waitForFinished(versionDeadlineMs) || process.exitCode() != 0)
        return failure(Errc::HypervisorError, emulator + u" cannot be run"_s);
    return parseQemuVersion(process.readAllStandardOutput());
}

bool canOpenKvm()
{
    const int descriptor = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    close(descriptor);
    return true;
}

/// libvirt's reason why the CPU does not run here; nothing if it does or cannot be compared.
Result<QString> compare(LibvirtConnection& connection, const DomainCpu& cpu)
{
    const auto optional = [](const QByteArray& text) {
        return text.isEmpty() ? nullptr : text.constData();
    };
    const QByteArray emulator = cpu.emulator.toUtf8();
    const QByteArray arch = cpu.arch.toUtf8();
    const QByteArray machine = cpu.machine.toUtf8();
    const QByteArray virtType = cpu.virtType.toUtf8();
    const int result = virConnectCompareHypervisorCPU(
        connection.get(), optional(emulator), optional(arch), optional(machine), optional(virtType),
        cpu.cpuXml.toUtf8().constData(), VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE);
    if (result == VIR_CPU_COMPARE_IDENTICAL || result == VIR_CPU_COMPARE_SUPERSET)
        return QString{};

    const virError* const error = virGetLastError();
    const int code = error ? error->code : 0;
    const auto failed = connection.failed(u"comparing the CPU"_s);
    if (result == VIR_CPU_COMPARE_INCOMPATIBLE || code == VIR_ERR_CPU_INCOMPATIBLE)
        return failed.error().message();
    if (code == VIR_ERR_OPERATION_UNSUPPORTED || code == VIR_ERR_CONFIG_UNSUPPORTED
        || code == VIR_ERR_NO_SUPPORT) {
        spdlog::warn("the domain's CPU cannot be checked: {}",
                     failed.error().message().toStdString());
        return QString{};
    }
    return failed;
}

} // namespace

Result<HostFacts> facts(LibvirtConnection& connection)
{
    HostFacts facts;
    facts.hostName = QSysInfo::machineHostName();
    unsigned long version = 0;
    if (virConnectGetLibVersion(connection.get(), &version) < 0)
        return connection.failed(u"asking for libvirt's version"_s);
    facts.libvirtVersion = unpackVersion(version);

    char* const text = virConnectGetCapabilities(connection.get());
    if (!text)
        return connection.failed(u"asking for the host's capabilities"_s);
    auto capabilities = parseCapabilities(takeText(text));
    if (!capabilities)
        return std::unexpected{capabilities.error()};
    facts.hostUuid = capabilities->hostUuid;
    facts.machineTypes = capabilities->machineTypes;
    facts.emulators = capabilities->emulators;
    facts.kvmUsable = capabilities->kvmOffered && canOpenKvm();

    if (auto qemu = askEmulator(capabilities->emulator)) {
        facts.qemuVersion = qemu->version;
        facts.qemuPackage = qemu->package;
    } else if (virConnectGetVersion(connection.get(), &version) == 0) {
        facts.qemuVersion = unpackVersion(version);
    } // else there is no QEMU, and the version stays empty

    QFile meminfo{u"/proc/meminfo"_s};
    const bool opened = meminfo.open(QIODevice::ReadOnly);
    const auto memory = parseMeminfo(opened ? meminfo.readAll() : QByteArray{});
    if (!memory)
        return std::unexpected{memory.error()};
    facts.memoryTotal = memory->total;
    facts.memoryFree = memory->available;
    facts.bridges = bridgesIn(u"/sys/class/net"_s);
    facts.startHookProblem = hookProblem(u"/etc/libvirt/hooks/qemu.d/lockstep"_s);
    return facts;
}

Result<QString> cpuProblem(LibvirtConnection& connection, const QString& domainXml)
{
    const auto cpu = parseDomainCpu(domainXml);
    if (!cpu)
        return std::unexpected{cpu.error()};
    if (cpu->cpuXml.isEmpty())
        return QString{}; // QEMU's default model runs wherever its version does
    return compare(connection, *cpu);
}

} // namespace lockstep::libvirtHost
