# A desktop that shows trays, as far as a program on the bus in DBUS_SESSION_BUS_ADDRESS can tell. Says `there` on stdout,
# and then answers each line of stdin with one: `menu` with the items that the tray's menu has, as JSON, `click TEXT`.
import json
import sys
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
INTERFACE = f"""<node><interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
</interface></node>"""

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
tray = []  # who has it, and where


def called(_bus, sender, _path, _interface, _method, parameters, invocation):
    tray[:] = [sender, parameters.unpack()[0]]
    invocation.return_value(None)


def told(_bus, _sender, _path, _interface, name):
    return {
        "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
        "ProtocolVersion": GLib.Variant("i", 0),
        "RegisteredStatusNotifierItems": GLib.Variant("as", []),
    }[name]


def ask(path, interface, method, arguments):
    return bus.call_sync(tray[0], path, interface, method, arguments, None, 0, 5000).unpack()


def menu():
    if not tray:
        return None, []
    named = GLib.Variant("(ss)", (ITEM, "Menu"))
    (path,) = ask(tray[1], "org.freedesktop.DBus.Properties", "Get", named)
    _, (_, _, children) = ask(path, MENU, "GetLayout", GLib.Variant("(iias)", (0, -1, [])))
    return path, [(id_, properties) for id_, properties, _ in children]


def answer(line):
    path, items = menu()
    if line == "menu":
        shown = [p for _, p in items if "label" in p]
        return json.dumps([[p["label"].replace("_", ""), p.get("toggle-state", -1)] for p in shown])
    text = line.removeprefix("click ")
    for id_, properties in items:
        if properties.get("label", "").replace("_", "") == text:
            event = (id_, "clicked", GLib.Variant("i", 0), 0)
            ask(path, MENU, "Event", GLib.Variant("(isvu)", event))
            return "clicked"
    return "no such item"


def listen():
    for line in sys.stdin:
        print(answer(line.strip()), flush=True)


info = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
bus.register_object("/StatusNotifierWatcher", info, called, told, None)
Gio.bus_own_name_on_connection(bus, WATCHER, 0, lambda *_: print("there", flush=True), None)
threading.Thread(target=listen, daemon=True).start()
GLib.MainLoop().run()
