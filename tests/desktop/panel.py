# A part of a desktop, as far as a program on the bus in DBUS_SESSION_BUS_ADDRESS can tell: it has a name and an object there.
# Says `there` on stdout, and then answers each line of stdin with one: `shown` with what it shows, as JSON; `click NAME`.
import json
import sys
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

bus = Gio.bus_get_sync(Gio.BusType.SESSION)


def run(name, path, interface, shown, click, called, told=None):
    """`shown()` answers a list, `click(name)` whether there was something of that name."""

    def answer(line):
        if line == "shown":
            return json.dumps(shown())
        return "clicked" if click(line.removeprefix("click ")) else "nothing of that name"

    def listen():
        for line in sys.stdin:
            print(answer(line.strip()), flush=True)

    info = Gio.DBusNodeInfo.new_for_xml(f"<node>{interface}</node>").interfaces[0]
    bus.register_object(path, info, called, told, None)
    Gio.bus_own_name_on_connection(bus, name, 0, lambda *_: print("there", flush=True), None)
    threading.Thread(target=listen, daemon=True).start()
    GLib.MainLoop().run()
