# Drydock: holds this process back until it has an execution, then leaves no trace of having done so.
# The folder of this file is first on PYTHONPATH, so that Python's start finds it before anything of the function's.
def _stand_by():
    import os
    import sys

    here = os.path.dirname(__file__)
    sys.path[:] = [folder for folder in sys.path if folder != here]
    sys.path_importer_cache.pop(here, None)
    # A socket, or, in a container, standard input to hear and standard output to speak.
    ear, _, mouth = os.environ.pop("DRYDOCK_STANDBY").partition(",")
    ear, mouth = int(ear), int(mouth or ear)
    # A PYTHONPATH of the function's own comes back with the rest.
    del os.environ["PYTHONPATH"]
    os.write(mouth, b".")
    chunks = []
    while True:
        chunk = os.read(ear, 65536)
        if not chunk:
            break
        chunks.append(chunk)
    os.write(mouth, b".")
    os.close(ear)
    # The lowest free number, so that standard input is what it is in other runs.
    if ear == 0:
        os.open("/dev/null", os.O_RDONLY)
        os.set_inheritable(0, True)
    for pair in b"".join(chunks).split(b"\0"):
        name, equals, value = pair.partition(b"=")
        if equals:
            os.environb[name] = value
    # Python would have looked for a `sitecustomize` of the function's or the system's. Where there is none, the
    # error says so to Python's start as it always does.
    del sys.modules["sitecustomize"]
    __import__("sitecustomize")


_stand_by()
