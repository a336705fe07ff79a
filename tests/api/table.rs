//! Contract §1, §2: every route of the API by every kind of caller. Nothing that a path names is there and no
//! body says anything, so what is let in is 404 or 400 as a rule; what is not is 401.

use std::cell::Cell;
use std::fmt::Write;

use drydock_tests::{Actor, Clock, Dock, Person, forged, tests_folder};
use serde_json::json;

use crate::NOBODY;

/// The columns of the table.
const CALLERS: [&str; 16] = [
    "no such project",
    "guest",
    "person who is blocked",
    "person",
    "person in a team",
    "token of a person",
    "token that has expired",
    "token that was tampered with",
    "token of an ended session",
    "key without the scope",
    "key with every scope",
    "key of another project",
    "person of the console, not at work",
    "person of the console in admin mode, not of the owning team",
    "owner in the owning team, in admin mode",
    "owner of the machine",
];

/// Callers of the routes that look after projects, in project `console`.
const CONSOLE_CALLERS: [&str; 7] = [
    "guest",
    "key of a project",
    "person of a project",
    "person of the console",
    "owner in a team that has a project",
    "developer in it",
    "owner of the machine",
];

struct Cast {
    dock: Dock,
    /// For the names of people who are spent.
    spent: Cell<u32>,
    /// One actor for each of [`CALLERS`].
    callers: Vec<Actor>,
}

/// Somebody new in project `default`.
async fn person(dock: &Dock, name: &str) -> Person {
    somebody(&dock.owner(), &dock.guest(), name).await
}

/// Somebody new in project `console`.
async fn clerk(dock: &Dock, name: &str) -> Person {
    let guest = dock.guest().header("x-appwrite-project", "console");
    somebody(&dock.console_owner(), &guest, name).await
}

async fn somebody(owner: &Actor, guest: &Actor, name: &str) -> Person {
    let email = format!("{name}@example.com");
    let body = json!({ "userId": name, "email": email, "password": "12345678" });
    owner.post("/v1/users").json(&body).ok(201).await;
    Person::sign_in(guest, &email, "12345678").await
}

/// Somebody new who owns the team of project `default`.
async fn owning_clerk(dock: &Dock, name: &str) -> Person {
    let clerk = clerk(dock, name).await;
    dock.console_owner()
        .invite("drydock", &clerk.email, &["owner"])
        .await;
    clerk
}

fn at_work(clerk: &Person) -> Actor {
    clerk
        .actor()
        .header("x-appwrite-project", "default")
        .header("x-appwrite-mode", "admin")
}

impl Cast {
    async fn gather() -> Self {
        let clock = Clock::new();
        let dock = Dock::unlimited().clock(&clock).start().await;
        let (guest, key) = (dock.guest(), dock.key());
        let by_token = |jwt: &str| guest.clone().header("x-appwrite-jwt", jwt);

        let ada = person(&dock, "ada").await;
        let expired = ada.jwt().await;
        clock.advance(911);
        let token = ada.jwt().await;
        let tampered = forged(&token, |_, claims| claims["userId"] = "bob".into());
        let ended = ada.again().await;
        let of_ended = ended.jwt().await;
        ended.delete("/v1/account/sessions/current").ok(204).await;
        let blocked = person(&dock, "blocked").await;
        key.patch("/v1/users/blocked/status")
            .json(&json!({ "status": false }))
            .ok(200)
            .await;
        let member = person(&dock, "member").await;
        key.create_team("makers").await;
        key.invite("makers", &member.email, &["dev"]).await;
        let other = dock.project("other").await;
        let foreign_key = other
            .key_with(&["functions.read", "users.read", "teams.read"])
            .await;
        let stranger = clerk(&dock, "stranger").await;
        let owner = owning_clerk(&dock, "owner").await;
        let callers = vec![
            guest.clone().header("x-appwrite-project", "atlantis"),
            guest.clone(),
            blocked.actor(),
            ada.actor(),
            member.actor(),
            by_token(&token),
            by_token(&expired),
            by_token(&tampered),
            by_token(&of_ended),
            dock.key_with(&["locale.read"]).await,
            key,
            foreign_key.header("x-appwrite-project", "default"),
            at_work(&owner).without("x-appwrite-mode"),
            at_work(&stranger),
            at_work(&owner),
            dock.owner(),
        ];
        Self {
            dock,
            spent: Cell::new(0),
            callers,
        }
    }

    /// Who calls. A call that ends a session or an account is made by somebody new.
    async fn caller(&self, column: usize, method: &str, path: &str) -> Actor {
        if method == "DELETE" && path.starts_with("/v1/account") {
            self.spent.set(self.spent.get() + 1);
            let name = format!("spent{}", self.spent.get());
            match CALLERS[column] {
                "person" | "person in a team" => return person(&self.dock, &name).await.actor(),
                "token of a person" => return person(&self.dock, &name).await.by_jwt().await,
                "owner in the owning team, in admin mode" => {
                    return at_work(&owning_clerk(&self.dock, &name).await);
                }
                _ => {}
            }
        }
        self.callers[column].clone()
    }
}

/// Method, path and scope of each route of the API.
fn routes() -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(tests_folder().join("fixtures/routes.txt")).unwrap();
    let routes = text.lines().filter_map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path, scope) = (words.next()?, words.next()?, words.next()?);
        path.starts_with("/v1/").then_some((method, path, scope))
    });
    routes.collect()
}

/// The status of a route for a caller. Whatever its path names is not there, except the own session and a switch.
async fn status(actor: &Actor, method: &str, path: &str) -> u16 {
    let segments = path.split('/').map(|segment| match segment {
        "{method}" => "jwt",
        "{sessionId}" => "current",
        segment if segment.starts_with('{') => NOBODY,
        segment => segment,
    });
    let request = actor.request(method, &segments.collect::<Vec<_>>().join("/"));
    let request = if method == "GET" {
        request
    } else {
        request.json(&json!({}))
    };
    request.send().await.status
}

/// Whether contract §2 gives a caller the scope, in a project that is not `console`.
fn has_scope(caller: &str, scope: &str) -> bool {
    let (resource, _) = scope.split_once('.').unwrap_or((scope, ""));
    match caller {
        "person" | "person in a team" | "token of a person" => {
            ["public", "account", "teams", "execution", "projects"].contains(&resource)
        }
        "key without the scope" => scope == "health.read",
        "key with every scope" => !["public", "account", "projects"].contains(&resource),
        "owner in the owning team, in admin mode" | "owner of the machine" => true,
        _ => scope == "public",
    }
}

/// What contract §1 and §2 say of a status.
fn is_right(caller: &str, method: &str, path: &str, scope: &str, status: u16) -> bool {
    match caller {
        "no such project" => return status == 404,
        "person who is blocked" | "token that has expired" | "token that was tampered with" => {
            return status == 401;
        }
        _ => {}
    }
    let signed_in = [
        "person",
        "person in a team",
        "token of a person",
        "owner in the owning team, in admin mode",
    ]
    .contains(&caller);
    match (method, path) {
        // Projects are looked after in project `console` alone.
        _ if path.starts_with("/v1/projects") => status == 401,
        ("POST", "/v1/account/sessions/anonymous") if signed_in => status == 401,
        ("POST", "/v1/account/jwt") if caller == "token of a person" => status == 401,
        // They have the scope and perhaps no account.
        _ if scope == "account" && caller.starts_with("owner ") => {
            [200, 201, 204, 400, 401, 404].contains(&status)
        }
        _ => (status != 401) == has_scope(caller, scope),
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_contract_says() {
    let cast = Cast::gather().await;
    let mut table = String::new();
    let mut faults = Vec::new();
    for (method, path, scope) in routes() {
        write!(table, "{method:6} {:49}", path.trim_start_matches("/v1")).unwrap();
        for (column, caller) in CALLERS.iter().enumerate() {
            let actor = cast.caller(column, &method, &path).await;
            let status = status(&actor, &method, &path).await;
            write!(table, " {status}").unwrap();
            if !is_right(caller, &method, &path, &scope, status) {
                faults.push(format!("{method} {path} by {caller}: {status}"));
            }
        }
        table.push('\n');
    }
    assert!(faults.is_empty(), "{}\n\n{table}", faults.join("\n"));
    insta::assert_snapshot!(table, @r"
    POST   /account                                          404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    GET    /account                                          404 401 401 200 200 200 401 401 401 401 401 401 401 401 200 401
    DELETE /account                                          404 401 401 204 204 204 401 401 401 401 401 401 401 401 204 401
    GET    /account/prefs                                    404 401 401 200 200 200 401 401 401 401 401 401 401 401 200 401
    PATCH  /account/prefs                                    404 401 401 400 400 400 401 401 401 401 401 401 401 401 400 401
    PATCH  /account/name                                     404 401 401 400 400 400 401 401 401 401 401 401 401 401 400 401
    PATCH  /account/email                                    404 401 401 400 400 400 401 401 401 401 401 401 401 401 400 401
    PATCH  /account/password                                 404 401 401 400 400 400 401 401 401 401 401 401 401 401 400 401
    GET    /account/logs                                     404 401 401 200 200 200 401 401 401 401 401 401 401 401 200 401
    POST   /account/jwt                                      404 401 401 201 201 401 401 401 401 401 401 401 401 401 201 401
    POST   /account/sessions                                 404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    POST   /account/sessions/anonymous                       404 201 401 401 401 401 401 401 201 401 401 201 201 201 401 201
    GET    /account/sessions                                 404 401 401 200 200 200 401 401 401 401 401 401 401 401 200 401
    DELETE /account/sessions                                 404 401 401 204 204 204 401 401 401 401 401 401 401 401 204 401
    GET    /account/sessions/{sessionId}                     404 401 401 200 200 200 401 401 401 401 401 401 401 401 200 401
    DELETE /account/sessions/{sessionId}                     404 401 401 204 204 204 401 401 401 401 401 401 401 401 204 401
    POST   /account/sessions/magic-url                       404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    PUT    /account/sessions/magic-url                       404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    POST   /account/recovery                                 404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    PUT    /account/recovery                                 404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    POST   /account/verification                             404 401 401 400 400 400 401 401 401 401 401 401 401 401 400 401
    PUT    /account/verification                             404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    GET    /users                                            404 401 401 401 401 401 401 401 401 401 200 401 401 401 200 200
    POST   /users                                            404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    GET    /users/{userId}                                   404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    DELETE /users/{userId}                                   404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    PATCH  /users/{userId}/status                            404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    PATCH  /users/{userId}/verification                      404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    PATCH  /users/{userId}/name                              404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    PATCH  /users/{userId}/email                             404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    PATCH  /users/{userId}/password                          404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    GET    /users/{userId}/prefs                             404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    PATCH  /users/{userId}/prefs                             404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    GET    /users/{userId}/sessions                          404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    DELETE /users/{userId}/sessions                          404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    DELETE /users/{userId}/sessions/{sessionId}              404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    GET    /users/{userId}/logs                              404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    GET    /teams                                            404 401 401 200 200 200 401 401 401 401 200 401 401 401 200 200
    POST   /teams                                            404 401 401 400 400 400 401 401 401 401 400 401 401 401 400 400
    GET    /teams/{teamId}                                   404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    PUT    /teams/{teamId}                                   404 401 401 400 400 400 401 401 401 401 400 401 401 401 400 400
    DELETE /teams/{teamId}                                   404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    GET    /teams/{teamId}/memberships                       404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    POST   /teams/{teamId}/memberships                       404 401 401 400 400 400 401 401 401 401 400 401 401 401 400 400
    GET    /teams/{teamId}/memberships/{membershipId}        404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    PATCH  /teams/{teamId}/memberships/{membershipId}        404 401 401 400 400 400 401 401 401 401 400 401 401 401 400 400
    DELETE /teams/{teamId}/memberships/{membershipId}        404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    PATCH  /teams/{teamId}/memberships/{membershipId}/status 404 400 401 400 400 400 401 401 400 401 401 400 400 400 400 400
    GET    /functions                                        404 401 401 401 401 401 401 401 401 401 200 401 401 401 200 200
    POST   /functions                                        404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    GET    /functions/runtimes                               404 401 401 401 401 401 401 401 401 401 200 401 401 401 200 200
    GET    /functions/{functionId}                           404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    PUT    /functions/{functionId}                           404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    DELETE /functions/{functionId}                           404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    GET    /functions/{functionId}/usage                     404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    PATCH  /functions/{functionId}/tag                       404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    GET    /functions/{functionId}/tags                      404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    POST   /functions/{functionId}/tags                      404 401 401 401 401 401 401 401 401 401 400 401 401 401 400 400
    GET    /functions/{functionId}/tags/{tagId}              404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    DELETE /functions/{functionId}/tags/{tagId}              404 401 401 401 401 401 401 401 401 401 404 401 401 401 404 404
    GET    /functions/{functionId}/executions                404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    POST   /functions/{functionId}/executions                404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    GET    /functions/{functionId}/executions/{executionId}  404 401 401 404 404 404 401 401 401 401 404 401 401 401 404 404
    GET    /health                                           404 401 401 401 401 401 401 401 401 200 200 401 401 401 200 200
    GET    /health/db                                        404 401 401 401 401 401 401 401 401 200 200 401 401 401 200 200
    GET    /health/queue/functions                           404 401 401 401 401 401 401 401 401 200 200 401 401 401 200 200
    GET    /health/time                                      404 401 401 401 401 401 401 401 401 200 200 401 401 401 200 200
    GET    /projects                                         404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    POST   /projects                                         404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    GET    /projects/{projectId}                             404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    PATCH  /projects/{projectId}                             404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    DELETE /projects/{projectId}                             404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    PATCH  /projects/{projectId}/service                     404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    PATCH  /projects/{projectId}/auth/limit                  404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    PATCH  /projects/{projectId}/auth/{method}               404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    GET    /projects/{projectId}/keys                        404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    POST   /projects/{projectId}/keys                        404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    GET    /projects/{projectId}/keys/{keyId}                404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    PUT    /projects/{projectId}/keys/{keyId}                404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    DELETE /projects/{projectId}/keys/{keyId}                404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    GET    /projects/{projectId}/platforms                   404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    POST   /projects/{projectId}/platforms                   404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    GET    /projects/{projectId}/platforms/{platformId}      404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    PUT    /projects/{projectId}/platforms/{platformId}      404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    DELETE /projects/{projectId}/platforms/{platformId}      404 401 401 401 401 401 401 401 401 401 401 401 401 401 401 401
    ");
}

#[tokio::test]
async fn projects_let_in_people_of_the_console_and_the_owner_of_the_machine() {
    let dock = Dock::unlimited().start().await;
    let owner = clerk(&dock, "owner").await;
    owner.create_team("crew").await;
    let body = json!({ "projectId": "shop", "name": "Shop", "teamId": "crew" });
    owner.post("/v1/projects").json(&body).ok(201).await;
    let developer = clerk(&dock, "developer").await;
    dock.console_owner()
        .invite("crew", &developer.email, &["developer"])
        .await;
    let guest = dock.guest().header("x-appwrite-project", "console");
    let callers = [
        guest,
        dock.key().header("x-appwrite-project", "console"),
        person(&dock, "ada")
            .await
            .actor()
            .header("x-appwrite-project", "console"),
        clerk(&dock, "stranger").await.actor(),
        owner.actor(),
        developer.actor(),
        dock.console_owner(),
    ];
    let mut table = String::new();
    for (method, path, _) in routes() {
        if !path.starts_with("/v1/projects") {
            continue;
        }
        write!(table, "{method:6} {:49}", path.trim_start_matches("/v1")).unwrap();
        for (actor, caller) in callers.iter().zip(CONSOLE_CALLERS) {
            let status = status(actor, &method, &path).await;
            write!(table, " {status}").unwrap();
            let outside = ["guest", "key of a project", "person of a project"].contains(&caller);
            assert_eq!(status == 401, outside, "{method} {path} by {caller}: {status}");
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table, @r"
    GET    /projects                                         401 401 401 200 200 200 200
    POST   /projects                                         401 401 401 400 400 400 400
    GET    /projects/{projectId}                             401 401 401 404 404 404 404
    PATCH  /projects/{projectId}                             401 401 401 400 400 400 400
    DELETE /projects/{projectId}                             401 401 401 400 400 400 404
    PATCH  /projects/{projectId}/service                     401 401 401 400 400 400 400
    PATCH  /projects/{projectId}/auth/limit                  401 401 401 400 400 400 400
    PATCH  /projects/{projectId}/auth/{method}               401 401 401 400 400 400 400
    GET    /projects/{projectId}/keys                        401 401 401 404 404 404 404
    POST   /projects/{projectId}/keys                        401 401 401 400 400 400 400
    GET    /projects/{projectId}/keys/{keyId}                401 401 401 404 404 404 404
    PUT    /projects/{projectId}/keys/{keyId}                401 401 401 400 400 400 400
    DELETE /projects/{projectId}/keys/{keyId}                401 401 401 404 404 404 404
    GET    /projects/{projectId}/platforms                   401 401 401 404 404 404 404
    POST   /projects/{projectId}/platforms                   401 401 401 400 400 400 400
    GET    /projects/{projectId}/platforms/{platformId}      401 401 401 404 404 404 404
    PUT    /projects/{projectId}/platforms/{platformId}      401 401 401 400 400 400 400
    DELETE /projects/{projectId}/platforms/{platformId}      401 401 401 404 404 404 404
    ");
}
