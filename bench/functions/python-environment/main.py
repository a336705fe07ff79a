# What a bare process must get to be compared with a function: the same interpreter, the same variables.
import json
import os
import platform
import sys

print(json.dumps({"program": sys.executable, "version": platform.python_version(), "variables": dict(os.environ)}))
