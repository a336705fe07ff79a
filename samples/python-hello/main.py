"""A function is a program: it reads its environment, prints, and ends with an exit code."""

import json
import os
import platform


def name_in(data):
    """The data may be JSON with a name in it, or just a name, or nothing."""
    if not data:
        return "world"
    try:
        parsed = json.loads(data)
    except ValueError:
        return data
    name = parsed.get("name") if isinstance(parsed, dict) else None
    return name if isinstance(name, str) else "world"


env = os.environ
print(f"Hello, {name_in(env.get('APPWRITE_FUNCTION_DATA', ''))}!")
print(
    f"Tag {env.get('APPWRITE_FUNCTION_TAG')} ran on Python {platform.python_version()}; declared is "
    f"{env.get('APPWRITE_FUNCTION_RUNTIME_NAME')} {env.get('APPWRITE_FUNCTION_RUNTIME_VERSION')}."
)
