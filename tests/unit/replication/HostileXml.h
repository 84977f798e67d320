// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>

namespace lockstep {

/// What a hostile peer could put into the XML of a shadow (data/shadow-good.xml), and the element
/// that has to be refused.
struct HostileXml
{
    const char* name;
    const char* at; ///< This part of the good XML ...
    const char* instead; ///< ... is this.
    const char* element;
};

// clang-format off
inline constexpr std::array hostileXml{
    // Another domain than its shadow.
    HostileXml{"another UUID", "6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01</uuid>", "6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a02</uuid>", "uuid"},
    HostileXml{"no UUID", "<uuid>6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01</uuid>", "", "uuid"},
    HostileXml{"another name", "<name>web", "<name>db", "name"},
    HostileXml{"two names", "<!--domain-->", "<name>db</name>", "name"},
    HostileXml{"another hypervisor", "type='kvm'", "type='xen'", "@type"},
    HostileXml{"a program as emulator", "/usr/bin/qemu-system-x86_64", "/tmp/evil", "devices/emulator"},
    HostileXml{"two emulators", "<!--devices-->", "<emulator>/tmp/evil</emulator>", "devices/emulator"},
    HostileXml{"two lists of devices", "<!--domain-->", "<devices><tpm/></devices>", "devices"},
    HostileXml{"a boot loader", "<!--domain-->", "<bootloader>/tmp/evil</bootloader>", "bootloader"},
    HostileXml{"not waiting", "<qemu:arg value='defer'/>", "<qemu:arg value='tcp:0:4444'/>", "qemu:commandline"},
    HostileXml{"QEMU arguments", "<qemu:arg value='-incoming'/>", "<qemu:arg value='-fw_cfg'/><qemu:arg value='name=opt/x,file=/etc/shadow'/><qemu:arg value='-incoming'/>", "qemu:commandline"},
    HostileXml{"QEMU arguments at the end", "<qemu:arg value='defer'/>", "<qemu:arg value='defer'/><qemu:arg value='-daemonize'/>", "qemu:commandline"},
    HostileXml{"QEMU arguments twice", "<!--domain-->", "<qemu:commandline><qemu:arg value='-daemonize'/></qemu:commandline>", "qemu:commandline"},
    HostileXml{"an environment", "<qemu:arg value='-incoming'/>", "<qemu:env name='LD_PRELOAD' value='/tmp/evil.so'/><qemu:arg value='-incoming'/>", "qemu:commandline/qemu:env"},
    HostileXml{"QEMU arguments under another prefix", "<!--domain-->", "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg value='-daemonize'/></q:commandline>", "q:commandline"},
    HostileXml{"QEMU arguments without a prefix", "<!--domain-->", "<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-daemonize'/></commandline>", "commandline"},
    HostileXml{"another meaning of the prefix", "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'", "xmlns:qemu='http://example.org'", "@xmlns:qemu"},
    HostileXml{"another default namespace", "type='kvm'", "type='kvm' xmlns='http://libvirt.org/schemas/domain/qemu/1.0'", "@xmlns"},
    HostileXml{"overridden devices", "<!--domain-->", "<qemu:override><qemu:device alias='net0'/></qemu:override>", "qemu:override"},
    HostileXml{"QEMU capabilities", "<!--domain-->", "<qemu:capabilities><qemu:del capability='blockdev'/></qemu:capabilities>", "qemu:capabilities"},

    // Confinement.
    HostileXml{"no confinement", "<!--domain-->", "<seclabel type='none'/>", "seclabel"},
    HostileXml{"no DAC", "<!--domain-->", "<seclabel type='none' model='dac'/>", "seclabel"},
    HostileXml{"root", "<!--domain-->", "<seclabel type='static' model='dac' relabel='no'><label>+0:+0</label></seclabel>", "seclabel"},
    HostileXml{"a label of its choice", "<!--domain-->", "<seclabel type='dynamic' model='selinux'><baselabel>system_u:system_r:unconfined_t:s0</baselabel></seclabel>", "seclabel"},
    HostileXml{"a disk without its label", "<!--disk-->", "<source file='/etc/shadow'><seclabel relabel='no'/></source>", "devices/disk/source"},
    HostileXml{"another cgroup", "<!--domain-->", "<resource><partition>/system.slice</partition></resource>", "resource/partition"},
    HostileXml{"real-time scheduling", "<!--cputune-->", "<vcpusched vcpus='0' scheduler='fifo' priority='99'/>", "cputune/vcpusched"},
    HostileXml{"the processor's cache", "<!--cputune-->", "<cachetune vcpus='0'><cache id='0' level='3' type='both' size='3' unit='MiB'/></cachetune>", "cputune/cachetune"},
    HostileXml{"tuning of a device", "<!--domain-->", "<blkiotune><device><path>/dev/sda</path><weight>1000</weight></device></blkiotune>", "blkiotune/device"},
    HostileXml{"capabilities of Linux", "<!--features-->", "<capabilities policy='allow'><sys_admin state='on'/></capabilities>", "features/capabilities"},
    HostileXml{"mapped users", "<!--domain-->", "<idmap><uid start='0' target='0' count='10'/></idmap>", "idmap"},
    HostileXml{"counters of the host", "<!--domain-->", "<perf><event name='cpu_cycles' enabled='yes'/></perf>", "perf"},
    HostileXml{"memory that others see", "<!--domain-->", "<memoryBacking><source type='file'/></memoryBacking>", "memoryBacking/source/@type"},
    HostileXml{"shared memory", "<!--domain-->", "<memoryBacking><access mode='shared'/></memoryBacking>", "memoryBacking/access/@mode"},
    HostileXml{"a dump of memory", "<on_crash>destroy", "<on_crash>coredump-destroy", "on_crash"},

    // Files of the host.
    HostileXml{"another image as its disk", "vda.1.qcow2", "../../../libvirt/images/db.qcow2", "devices/disk/source/@file"},
    HostileXml{"two images of its disk", "<!--disk-->", "<source file='/etc/shadow'/>", "devices/disk/source"},
    HostileXml{"a backing file", "<!--disk-->", "<backingStore type='file'><format type='raw'/><source file='/etc/shadow'/></backingStore>", "devices/disk/backingStore/source"},
    HostileXml{"a mirror", "<!--disk-->", "<mirror type='file' job='copy'><source file='/etc/shadow'/></mirror>", "devices/disk/mirror"},
    HostileXml{"no format", "<driver name='qemu' type='qcow2'/>", "<driver name='qemu'/>", "devices/disk/source/@file"},
    HostileXml{"one more disk", "<!--devices-->", "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/etc/shadow'/><target dev='vdb' bus='virtio'/></disk>", "devices/disk/source/@file"},
    HostileXml{"one more disk that is only read", "<!--devices-->", "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/etc/shadow'/><target dev='vdb' bus='virtio'/><readonly/></disk>", "devices/disk/source/@file"},
    HostileXml{"its disk once more", "<!--devices-->", "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/etc/shadow'/><target dev='vda' bus='virtio'/></disk>", "devices/disk/target/@dev"},
    HostileXml{"a disk without a target", "<!--devices-->", "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/etc/shadow'/></disk>", "devices/disk/target/@dev"},
    HostileXml{"a secret as medium", "<!--medium-->", "<source file='/etc/shadow'/>", "devices/disk/source/@file"},
    HostileXml{"a medium by a detour", "<!--medium-->", "<source file='/usr/share/../../etc/shadow'/>", "devices/disk/source/@file"},
    HostileXml{"a folder beside the allowed one", "<!--medium-->", "<source file='/usr/shared/x'/>", "devices/disk/source/@file"},
    HostileXml{"a device as medium", "<!--medium-->", "<source dev='/dev/sda'/>", "devices/disk/source/@dev"},
    HostileXml{"a medium with a backing file", "<driver name='qemu' type='raw'/>", "<driver name='qemu' type='qcow2'/><source file='/usr/share/x'/>", "devices/disk/source/@file"},
    HostileXml{"a disk of the network", "type='file' device='disk'", "type='network' device='disk'", "devices/disk/@type"},
    HostileXml{"a folder as disk", "type='file' device='cdrom'", "type='dir' device='cdrom'", "devices/disk/@type"},
    HostileXml{"raw SCSI", "type='file' device='disk'", "type='file' device='lun' rawio='yes'", "devices/disk/@device"},
    HostileXml{"unfiltered SCSI", "type='file' device='disk'", "type='file' device='disk' sgio='unfiltered'", "devices/disk/@sgio"},
    HostileXml{"somebody's key", "<!--disk-->", "<encryption format='luks'><secret type='passphrase' uuid='6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a03'/></encryption>", "devices/disk/encryption"},
    HostileXml{"a secret as kernel", "<!--os-->", "<kernel>/etc/shadow</kernel>", "os/kernel"},
    HostileXml{"a secret as initrd", "<!--os-->", "<initrd>/root/.ssh/id_rsa</initrd>", "os/initrd"},
    HostileXml{"a secret as device tree", "<!--os-->", "<dtb>/etc/shadow</dtb>", "os/dtb"},
    HostileXml{"a secret as ACPI table", "<!--os-->", "<acpi><table type='slic'>/etc/shadow</table></acpi>", "os/acpi"},
    HostileXml{"a secret as firmware", "<!--os-->", "<loader type='rom' readonly='yes'>/etc/shadow</loader>", "os/loader"},
    HostileXml{"firmware that is written to", "<!--os-->", "<loader type='pflash' readonly='no'>/usr/share/x</loader>", "os/loader/@readonly"},
    HostileXml{"variables elsewhere", "<!--os-->", "<nvram>/etc/passwd</nvram>", "os/nvram"},
    HostileXml{"variables elsewhere, as source", "<!--os-->", "<nvram type='file'><source file='/etc/passwd'/></nvram>", "os/nvram/source/@file"},
    HostileXml{"a secret as template", "<!--os-->", "<nvram template='/etc/shadow'/>", "os/nvram/@template"},
    HostileXml{"numbers of the host", "<!--os-->", "<smbios mode='host'/>", "os/smbios/@mode"},
    HostileXml{"a secret by fw_cfg", "<!--domain-->", "<sysinfo type='fwcfg'><entry name='opt/x' file='/etc/shadow'/></sysinfo>", "sysinfo/@type"},
    HostileXml{"a ROM", "<!--interface-->", "<rom file='/etc/shadow'/>", "devices/interface/rom/@file"},
    HostileXml{"a persistent store", "<!--devices-->", "<pstore backend='acpi-erst'><path>/etc/passwd</path><size unit='KiB'>64</size></pstore>", "devices/pstore"},
    HostileXml{"sound into a file", "<!--devices-->", "<audio id='1' type='file' path='/etc/passwd'/>", "devices/audio/@type"},

    // Devices, programs and memory of the host.
    HostileXml{"a PCI device", "<!--devices-->", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='3' slot='0' function='0'/></source></hostdev>", "devices/hostdev"},
    HostileXml{"a shared folder", "<!--devices-->", "<filesystem type='mount'><source dir='/'/><target dir='host'/></filesystem>", "devices/filesystem"},
    HostileXml{"a program of virtiofs", "<!--devices-->", "<filesystem type='mount'><driver type='virtiofs'/><binary path='/tmp/evil'/><source dir='/'/><target dir='host'/></filesystem>", "devices/filesystem"},
    HostileXml{"the TPM", "<!--devices-->", "<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>", "devices/tpm"},
    HostileXml{"a smartcard", "<!--devices-->", "<smartcard mode='host-certificates'><certificate>a</certificate></smartcard>", "devices/smartcard"},
    HostileXml{"memory of others", "<!--devices-->", "<shmem name='x'><server path='/tmp/s'/></shmem>", "devices/shmem"},
    HostileXml{"a memory device", "<!--devices-->", "<memory model='nvdimm'><source><path>/etc/passwd</path></source></memory>", "devices/memory"},
    HostileXml{"a socket to the host", "<!--devices-->", "<vsock model='virtio'><cid auto='yes'/></vsock>", "devices/vsock"},
    HostileXml{"a lease", "<!--devices-->", "<lease><key>k</key><target path='/etc/passwd'/></lease>", "devices/lease"},
    HostileXml{"the keyboard", "<!--devices-->", "<input type='passthrough' bus='virtio'><source evdev='/dev/input/event0'/></input>", "devices/input/@type"},
    HostileXml{"events of the host", "<!--devices-->", "<input type='evdev'><source dev='/dev/input/event0'/></input>", "devices/input/@type"},
    HostileXml{"random bytes of a disk", "<!--devices-->", "<rng model='virtio'><backend model='random'>/dev/sda</backend></rng>", "devices/rng/backend"},
    HostileXml{"random bytes of a socket", "<!--devices-->", "<rng model='virtio'><backend model='egd' type='unix'><source mode='connect' path='/run/docker.sock'/></backend></rng>", "devices/rng/backend/@model"},
    HostileXml{"USB from anywhere", "<!--devices-->", "<redirdev bus='usb' type='tcp'><source mode='connect' host='10.0.0.1' service='4000'/></redirdev>", "devices/redirdev/@type"},
    HostileXml{"a watchdog that dumps", "<!--devices-->", "<watchdog model='itco' action='dump'/>", "devices/watchdog/@action"},
    HostileXml{"the kernel's ciphers", "<!--devices-->", "<crypto model='virtio' type='qemu'><backend model='lkcf'/></crypto>", "devices/crypto/backend/@model"},
    HostileXml{"a GPU", "<!--devices-->", "<video><driver name='vhostuser'/><model type='virtio'/></video>", "devices/video/driver/@name"},
    HostileXml{"a render node", "<!--devices-->", "<video><model type='virtio'><acceleration accel3d='yes' rendernode='/dev/dri/renderD128'/></model></video>", "devices/video/model/acceleration/@rendernode"},

    // Sockets, pipes and logs.
    HostileXml{"a serial line over TCP", "<serial type='pty'>", "<serial type='tcp'>", "devices/serial/@type"},
    HostileXml{"a serial line to a device", "<serial type='pty'>", "<serial type='dev'>", "devices/serial/@type"},
    HostileXml{"a serial line to a pipe", "<serial type='pty'>", "<serial type='pipe'>", "devices/serial/@type"},
    HostileXml{"a serial line to a file", "<serial type='pty'>", "<serial type='file'><source path='/etc/cron.d/x'/>", "devices/serial/source/@path"},
    HostileXml{"a serial line to another's log", "<serial type='pty'>", "<serial type='file'><source path='/var/log/libvirt/qemu/db-console.log'/>", "devices/serial/source/@path"},
    HostileXml{"a serial line by a detour", "<serial type='pty'>", "<serial type='file'><source path='/var/log/libvirt/qemu/../qemu/web-console.log'/>", "devices/serial/source/@path"},
    HostileXml{"a serial line to no file", "<serial type='pty'>", "<serial type='file'>", "devices/serial/source/@path"},
    HostileXml{"a terminal that is none", "<!--serial-->", "<source path='/dev/sda'/>", "devices/serial/source/@path"},
    HostileXml{"a log elsewhere", "<!--serial-->", "<log file='/etc/cron.d/x' append='on'/>", "devices/serial/log/@file"},
    HostileXml{"a console that is a device", "<!--devices-->", "<console type='pty' tty='/dev/sda'/>", "devices/console/@tty"},
    HostileXml{"a channel elsewhere", "<!--devices-->", "<channel type='unix'><source mode='bind' path='/run/libvirt/libvirt-sock'/><target type='virtio' name='x'/></channel>", "devices/channel/source/@path"},
    HostileXml{"a channel that connects", "<!--devices-->", "<channel type='unix'><source mode='connect' path='/run/docker.sock'/><target type='virtio' name='x'/></channel>", "devices/channel/source/@mode"},
    HostileXml{"a channel into the network", "<!--devices-->", "<channel type='udp'><target type='guestfwd' address='10.0.2.1' port='4600'/></channel>", "devices/channel/@type"},
    HostileXml{"a parallel port", "<!--devices-->", "<parallel type='dev'><source path='/dev/parport0'/></parallel>", "devices/parallel/@type"},

    // Networks.
    HostileXml{"another bridge", "bridge='br0'", "bridge='br-management'", "devices/interface/source/@bridge"},
    HostileXml{"a NIC of the host", "interface type='bridge'", "interface type='direct'", "devices/interface/@type"},
    HostileXml{"a network", "interface type='bridge'", "interface type='network'", "devices/interface/@type"},
    HostileXml{"user networking", "interface type='bridge'", "interface type='user'", "devices/interface/@type"},
    HostileXml{"a NIC of a program", "interface type='bridge'", "interface type='vhostuser'", "devices/interface/@type"},
    HostileXml{"a network script", "<!--interface-->", "<script path='/tmp/evil'/>", "devices/interface/script"},
    HostileXml{"a script at the end", "<!--interface-->", "<downscript path='/tmp/evil'/>", "devices/interface/downscript"},
    HostileXml{"a back end", "<!--interface-->", "<backend type='passt' logFile='/etc/passwd'/>", "devices/interface/backend"},
    HostileXml{"two sources", "<!--interface-->", "<source bridge='br-management'/>", "devices/interface/source"},
    HostileXml{"a port of a switch", "<!--interface-->", "<virtualport type='openvswitch'/>", "devices/interface/virtualport"},
    HostileXml{"a tap that is there", "<!--interface-->", "<target dev='tap-vpn'/>", "devices/interface/target/@dev"},
    HostileXml{"a tap that is no name", "<!--interface-->", "<target dev='../x'/>", "devices/interface/target/@dev"},
    HostileXml{"a tap that is managed elsewhere", "<!--interface-->", "<target dev='web0' managed='no'/>", "devices/interface/target/@managed"},

    // Consoles.
    HostileXml{"a console for everybody", "address='127.0.0.1'", "address='0.0.0.0'", "devices/graphics/listen/@address"},
    HostileXml{"a console for everybody, the old way", "autoport='yes'", "autoport='yes' listen='::'", "devices/graphics/@listen"},
    HostileXml{"a console on a name", "address='127.0.0.1'", "address='management.example'", "devices/graphics/listen/@address"},
    HostileXml{"a console at another service's port", "port='-1'", "port='2379'", "devices/graphics/@port"},
    HostileXml{"a console at no port", "port='-1'", "port='70000'", "devices/graphics/@port"},
    HostileXml{"a console on a socket", "<!--graphics-->", "<listen type='socket' socket='/run/evil.sock'/>", "devices/graphics/listen/@socket"},
    HostileXml{"a console on a network", "<!--graphics-->", "<listen type='network' network='lan'/>", "devices/graphics/listen/@type"},
    HostileXml{"a console on D-Bus", "<graphics type='vnc'", "<graphics type='dbus'", "devices/graphics/@type"},
    HostileXml{"a console on the screen", "<graphics type='vnc'", "<graphics type='sdl' display=':0'", "devices/graphics/@display"},
    HostileXml{"a console on the GPU", "<!--graphics-->", "<gl enable='yes' rendernode='/dev/dri/renderD128'/>", "devices/graphics/gl/@rendernode"},

    // Texts.
    HostileXml{"a path as a plain value", "<vcpu placement='static'", "<vcpu cpuset='/etc/shadow' placement='static'", "vcpu/@cpuset"},
    HostileXml{"an escape sequence", "<vcpu placement='static'>1", "<vcpu placement='static'>&#x9b;2J", "vcpu"},
    HostileXml{"an element of tomorrow", "<!--devices-->", "<everything host='yes'/>", "devices/everything"},
    HostileXml{"an element that is everywhere", "<!--domain-->", "<alias name='x'/>", "alias"},
};
// clang-format on

} // namespace lockstep
