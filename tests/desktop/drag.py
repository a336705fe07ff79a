# A window to drag a folder out of, as a file manager has: drag.py PATH. It says on stdout when it is there.
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

uri = GLib.filename_to_uri(sys.argv[1], None)
window = Gtk.Window(title="Drag source")
window.set_default_size(120, 120)
area = Gtk.EventBox()
area.add(Gtk.Label(label="Drag me"))
window.add(area)
area.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
area.drag_source_add_uri_targets()
area.connect("drag-data-get", lambda _area, _context, data, _info, _time: data.set_uris([uri]))
window.connect("map-event", lambda *_: print("there", flush=True))
window.show_all()
Gtk.main()
