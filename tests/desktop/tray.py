# A desktop that shows trays (panel.py): what it shows are the items of the tray's menu.
from panel import GLib, bus, run

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
INTERFACE = f"""<interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
</interface>"""

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


def shown():
    items = [properties for _, properties in menu()[1] if "label" in properties]
    return [[item["label"].replace("_", ""), item.get("toggle-state", -1)] for item in items]


def click(name):
    path, items = menu()
    for id_, properties in items:
        if properties.get("label", "").replace("_", "") == name:
            event = (id_, "clicked", GLib.Variant("i", 0), 0)
            ask(path, MENU, "Event", GLib.Variant("(isvu)", event))
            return True
    return False


run(WATCHER, "/StatusNotifierWatcher", INTERFACE, shown, click, called, told)
