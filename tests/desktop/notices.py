# A desktop that shows notifications (panel.py): what it shows are the summaries of all that it was given.
from panel import GLib, bus, run

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
INTERFACE = f"""<interface name="{NAME}">
<method name="Notify">
<arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{{sv}}" direction="in"/>
<arg type="i" direction="in"/><arg type="u" direction="out"/>
</method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface>"""

given = []  # summary and actions of each; its number is its place, from one


def called(_bus, _sender, _path, _interface, _method, parameters, invocation):
    _, _, _, summary, _, actions, _, _ = parameters.unpack()
    given.append((summary, actions))
    invocation.return_value(GLib.Variant("(u)", (len(given),)))


def shown():
    return [summary for summary, _ in given]


def click(name):
    for number, (summary, actions) in enumerate(given, 1):
        # Without that action a desktop only closes it.
        if summary == name and "default" in actions[::2]:
            bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (number, "default")))
            return True
    return False


run(NAME, PATH, INTERFACE, shown, click, called)
