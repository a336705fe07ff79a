"""Users and teams as a Python program manages them with appwrite 0.6.0 and a key, and an account by a JWT.

Prints one JSON object of what it saw; the Rust test that starts it judges.
"""

import json
import os

from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.services.account import Account
from appwrite.services.teams import Teams
from appwrite.services.users import Users


def connect():
    client = Client()
    client.set_endpoint(os.environ["DRYDOCK_ENDPOINT"])
    client.set_project(os.environ["DRYDOCK_PROJECT"])
    return client


def ids(rows):
    return [row["$id"] for row in rows]


def text(answer):
    """An empty answer comes as bytes."""
    return answer.decode() if isinstance(answer, bytes) else answer


def refusal(call):
    """What an SDK call is refused with."""
    try:
        call()
    except AppwriteException as error:
        return {"code": error.code, "message": error.message}
    return None


def main():
    client = connect()
    client.set_key(os.environ["DRYDOCK_KEY"])
    users, teams = Users(client), Teams(client)
    seen = {}

    seen["created"] = users.create("grace", "Grace@People.example", "a password of Grace", "Grace Hopper")
    seen["idInUse"] = refusal(lambda: users.create("grace", "other@people.example", "a long password"))
    seen["emailInUse"] = refusal(lambda: users.create("other", "grace@people.example", "a long password"))
    seen["shortPassword"] = refusal(lambda: users.create("other", "other@people.example", "short"))["code"]
    users.create("alan", "alan@people.example", "a password of Alan", "Alan")
    seen["found"] = ids(users.list("hopper")["users"])
    seen["listed"] = [i for i in ids(users.list(None, 100)["users"]) if i in ("grace", "alan")]
    seen["got"] = users.get("grace")["email"]
    seen["renamed"] = users.update_name("grace", "Admiral Hopper")["name"]
    seen["newEmail"] = users.update_email("grace", "admiral@people.example")["email"]
    seen["newPassword"] = users.update_password("grace", "another password")["$id"]
    seen["verified"] = users.update_verification("grace", True)["emailVerification"]
    seen["blocked"] = users.update_status("grace", False)["status"]
    seen["unblocked"] = users.update_status("grace", True)["status"]
    seen["prefsSet"] = users.update_prefs("grace", {"theme": "dark", "size": 12})
    seen["prefs"] = users.get_prefs("grace")
    seen["sessions"] = users.get_sessions("grace")["sum"]
    seen["logs"] = isinstance(users.get_logs("grace")["logs"], list)
    seen["noSuchSession"] = refusal(lambda: users.delete_session("grace", "no-such-session"))
    seen["sessionsDeleted"] = text(users.delete_sessions("grace"))

    join = "http://localhost/join"
    seen["team"] = teams.create("navy", "Navy")
    membership = teams.create_membership("navy", "admiral@people.example", ["admiral"], join)
    seen["membership"] = membership
    seen["secondTime"] = refusal(lambda: teams.create_membership("navy", "admiral@people.example", ["admiral"], join))
    seen["stranger"] = teams.create_membership("navy", "newcomer@people.example", [], join)["email"]
    seen["members"] = teams.get("navy")["sum"]
    seen["listedMembers"] = [row["email"] for row in teams.get_memberships("navy")["memberships"]]
    seen["oneMember"] = teams.get_membership("navy", membership["$id"])["userId"]
    seen["newRoles"] = teams.update_membership_roles("navy", membership["$id"], ["captain", "owner"])["roles"]
    seen["teamRenamed"] = teams.update("navy", "Fleet")["name"]
    seen["teamFound"] = ids(teams.list("fleet")["teams"])
    seen["left"] = text(teams.delete_membership("navy", membership["$id"]))
    seen["membersLeft"] = teams.get("navy")["sum"]
    seen["teamDeleted"] = text(teams.delete("navy"))
    seen["noTeam"] = refusal(lambda: teams.get("navy"))

    seen["deleted"] = text(users.delete("grace"))
    seen["noUser"] = refusal(lambda: users.get("grace"))
    seen["idStaysTaken"] = refusal(lambda: users.create("grace", "third@people.example", "a long password"))["code"]
    seen["emailIsFree"] = users.create("grace-2", "admiral@people.example", "a long password")["$id"]

    hers = connect()
    hers.set_jwt(os.environ["DRYDOCK_JWT"])
    account, her_teams = Account(hers), Teams(hers)
    seen["account"] = account.get()["$id"]
    seen["accountRenamed"] = account.update_name("By JWT")["name"]
    seen["accountSessions"] = account.get_sessions()["sum"]
    seen["herTeam"] = her_teams.create("hers", "Hers")["sum"]
    seen["herTeams"] = ids(her_teams.list()["teams"])
    seen["usersByJwt"] = refusal(lambda: Users(hers).list())
    print(json.dumps(seen))


main()
