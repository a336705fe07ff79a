"""The main job as a Python program does it with appwrite 0.6.0 from PyPI.

Prints one JSON object of what it saw; the Rust test that starts it judges.
"""

import json
import os
import time

from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.services.functions import Functions


def connect(key=None):
    client = Client()
    client.set_endpoint(os.environ["DRYDOCK_ENDPOINT"])
    client.set_project(os.environ["DRYDOCK_PROJECT"])
    if key:
        client.set_key(key)
    return Functions(client)


def ids(rows):
    return [row["$id"] for row in rows]


def refusal(call):
    """What an SDK call is refused with."""
    try:
        call()
    except AppwriteException as error:
        return {"code": error.code, "message": error.message}
    return None


def finished(functions, function_id, execution_id):
    give_up_at = time.monotonic() + 25  # Below the 30 s after which the Rust side gives up on the script.
    while True:
        execution = functions.get_execution(function_id, execution_id)
        if execution["status"] in ("completed", "failed"):
            return execution
        if time.monotonic() > give_up_at:
            raise TimeoutError("still " + execution["status"])
        time.sleep(0.02)


def main():
    functions = connect(os.environ["DRYDOCK_KEY"])
    seen = {}
    seen["created"] = functions.create(
        "sdk-python",
        "From the SDK",
        ["role:all"],
        "node-16.0",
        {"GREETING": "Ahoj", "NUMBER": "7"},
        ["account.create"],
        "",
        30,
    )
    seen["inUse"] = refusal(lambda: functions.create("sdk-python", "Again", [], "node-16.0"))

    with open(os.environ["DRYDOCK_ARCHIVE"], "rb") as code:
        tag = functions.create_tag("sdk-python", "node index.js", code)
    seen["tag"] = tag
    seen["tagIsActive"] = functions.update_tag("sdk-python", tag["$id"])["tag"] == tag["$id"]
    seen["tagIsReadable"] = functions.get_tag("sdk-python", tag["$id"])["$id"] == tag["$id"]
    seen["tags"] = functions.list_tags("sdk-python")["sum"]

    execution = functions.create_execution("sdk-python", "the SDK")
    seen["answeredAs"] = execution["status"]
    seen["finished"] = finished(functions, "sdk-python", execution["$id"])
    seen["executions"] = execution["$id"] in ids(functions.list_executions("sdk-python", 10)["executions"])

    runtimes = functions.list_runtimes()
    seen["runtimes"] = runtimes["sum"] == len(runtimes["runtimes"]) and "node-16.0" in ids(runtimes["runtimes"])

    for name in ("one", "two", "three"):
        functions.create(name, "Number " + name, [], "php-8.0")
    seen["found"] = ids(functions.list("two")["functions"])
    # Any word may match, so that a runtime with the same word may stand there too.
    found = ids(functions.list("php-8.0")["functions"])
    seen["foundByRuntime"] = [name for name in found if name != "sdk-python"]
    seen["firstPage"] = ids(functions.list(None, 2, 0)["functions"])
    seen["afterCursor"] = ids(functions.list(None, 2, 0, "one", "after", "ASC")["functions"])
    seen["beforeCursor"] = ids(functions.list(None, 1, 0, "three", "before", "ASC")["functions"])
    seen["descending"] = ids(functions.list(None, 100, 0, None, None, "DESC")["functions"])

    updated = functions.update("one", "Renamed", ["user:ada"], {}, [], "@hourly", 60)
    seen["updated"] = [updated[name] for name in ("name", "execute", "vars", "schedule", "timeout")]

    functions.delete_tag("sdk-python", tag["$id"])
    seen["tagAfterDelete"] = functions.get("sdk-python")["tag"]
    for name in ("one", "two", "three", "sdk-python"):
        seen["deleted"] = functions.delete(name).decode()
    seen["left"] = functions.list()["sum"]
    seen["unknown"] = refusal(lambda: functions.get("sdk-python"))
    seen["badLimit"] = refusal(lambda: functions.list("", 101))
    seen["guest"] = refusal(lambda: connect().list())
    print(json.dumps(seen))


main()
