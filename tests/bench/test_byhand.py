# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

from measuring import byhand

XML = """<domain type='qemu'>
  <name>web</name>
  <memory unit='KiB'>262144</memory>
  <os>
    <kernel>/guest/vmlinuz</kernel>
    <initrd>/guest/bench.img</initrd>
    <cmdline>console=ttyS0 guest.name=web</cmdline>
  </os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/></disk>
    <interface type='bridge'><mac address='52:54:00:4e:57:01'/><source bridge='br0'/></interface>
  </devices>
</domain>
"""


def objects(words):
    return [word for flag, word in zip(words, words[1:]) if flag == "-object"]


class ByHandTest(unittest.TestCase):
    def setUp(self):
        self.machine = byhand.read_machine(XML)

    def test_the_machine_is_the_one_that_libvirt_runs(self):
        self.assertEqual(self.machine, byhand.Machine("web", "/guest/vmlinuz", "/guest/bench.img", "console=ttyS0 guest.name=web",
                                                      256, "/images/web.qcow2", "52:54:00:4e:57:01", "br0"))

    def test_both_sides_have_the_same_machine(self):
        primary, secondary = byhand.primary_words(self.machine), byhand.secondary_words(self.machine)
        same = len(byhand.machine_words(self.machine, "primary"))
        self.assertEqual([word for word in primary[:same] if word != "primary"],
                         [word for word in secondary[:same] if word != "secondary"])

    def test_every_filter_knows_of_the_header_of_virtio(self):
        # Else QEMU's comparison lets everything pass, and the figures would be those of no protection: docs/qemu.md, trap 1.
        for words in (byhand.primary_words(self.machine), byhand.secondary_words(self.machine)):
            filters = [word for word in objects(words) if not word.startswith("iothread")]
            self.assertGreaterEqual(len(filters), 3)
            for word in filters:
                self.assertIn("vnet_hdr_support=on", word)

    def test_the_guest_begins_inside_of_colo(self):
        self.assertIn("-S", byhand.primary_words(self.machine))
        self.assertEqual(byhand.primary_commands()[-1]["execute"], "migrate")

    def test_both_sides_have_the_same_capabilities(self):
        self.assertIn(byhand.capabilities(), byhand.primary_commands())
        self.assertIn(byhand.capabilities(), byhand.secondary_commands())


if __name__ == "__main__":
    unittest.main()
