# A desktop that shows notifications, as far as a program on the bus in DBUS_SESSION_BUS_ADDRESS can tell. Says `there` on
# stdout, and then answers each line of stdin with one: `shown` with the summaries of all that were shown, as JSON,
# `click SUMMARY`.
import json
import sys
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
INTERFACE = f"""<node><interface name="{NAME}">
<method name="Notify">
<arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{{sv}}" direction="in"/>
<arg type="i" direction="in"/><arg type="u" direction="out"/>
</method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
shown = []  # summary and actions of each; its number is its place, from one


def called(_bus, _sender, _path, _interface, _method, parameters, invocation):
    _, _, _, summary, _, actions, _, _ = parameters.unpack()
    shown.append((summary, actions))
    invocation.return_value(GLib.Variant("(u)", (len(shown),)))


def answer(line):
    if line == "shown":
        return json.dumps([summary for summary, _ in shown])
    text = line.removeprefix("click ")
    for number, (summary, actions) in enumerate(shown, 1):
        # Without that action a desktop only closes it.
        if summary == text and "default" in actions[::2]:
            bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (number, "default")))
            return "clicked"
    return "no such notification"


def listen():
    for line in sys.stdin:
        print(answer(line.strip()), flush=True)


info = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
bus.register_object(PATH, info, called, None, None)
Gio.bus_own_name_on_connection(bus, NAME, 0, lambda *_: print("there", flush=True), None)
threading.Thread(target=listen, daemon=True).start()
GLib.MainLoop().run()
