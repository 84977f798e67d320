#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Protects a domain, waits until it is, tells what has happened, and ends protection: Lockstep's API from Python,
with python3-dbus and python3-gi.
  protect.py DOMAIN PEER"""

import sys

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

SERVICE = "org.lockstep.Lockstep1"
ROOT = "/org/lockstep/Lockstep1"
OPTIONS = dbus.Dictionary({}, signature="sv")


class Lockstep:
    def __init__(self):
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = dbus.SystemBus()
        self.loop = GLib.MainLoop()
        self.manager = self.interface(ROOT, "Manager")

    def interface(self, path, name):
        return dbus.Interface(self.bus.get_object(SERVICE, path), f"{SERVICE}.{name}")

    def properties(self, path, name):
        values = dbus.Interface(self.bus.get_object(SERVICE, path), "org.freedesktop.DBus.Properties")
        return values.GetAll(f"{SERVICE}.{name}")

    def finish(self, path):
        """Waits for the end of a job: listens first, so that nothing can happen in between."""
        def changed(_interface, values, _invalidated):
            if "Phase" in values:
                print(f"  {values['Phase']}")
            if values.get("State", "running") != "running":
                self.loop.quit()
        match = self.bus.add_signal_receiver(changed, "PropertiesChanged", "org.freedesktop.DBus.Properties", SERVICE, path)
        if self.properties(path, "Job")["State"] == "running":
            self.loop.run()
        match.remove()
        job = self.properties(path, "Job")
        print(f"{job['Kind']} of {job['Domain']}: {job['State']}")
        if job["State"] != "done":
            _name, message, remedy = job["Error"]
            sys.exit(f"{message}\n{remedy}")


def main():
    domain, peer = sys.argv[1:]
    lockstep = Lockstep()
    print(f"{lockstep.properties(ROOT, 'Manager')['HostName']} runs lockstepd")
    before = lockstep.manager.GetEvents(dbus.Dictionary({"limit": dbus.UInt64(1)}, signature="sv"))
    try:
        lockstep.finish(lockstep.manager.Protect(domain, peer, OPTIONS))
        pair = lockstep.manager.FindPair(domain, OPTIONS)
        print(f"{domain} is {lockstep.properties(pair, 'Pair')['State']}")
        lockstep.finish(lockstep.interface(pair, "Pair").Unprotect(OPTIONS))
        since = before[-1]["id"] if before else dbus.UInt64(0)
        for event in lockstep.manager.GetEvents(dbus.Dictionary({"since": since}, signature="sv")):
            print(f"{event['event']}: {event['text']}")
    except dbus.DBusException as error:
        # What happened, and on the next line what to do.
        sys.exit(f"{error.get_dbus_name()}\n{error.get_dbus_message()}")


main()
