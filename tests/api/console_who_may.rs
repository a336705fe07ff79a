//! Contract §2, admin mode: every route by people of project `console`. Nothing that a path names is there and no
//! body says anything, so what is let in is 404 or 400 as a rule; what is not is 401. The kinds of callers that need
//! no console account are in `who_may.rs`.

use std::cell::Cell;
use std::fmt::Write;

use drydock_tests::{Actor, Dock, Person, tests_folder};
use serde_json::json;

use crate::NOBODY;

/// The columns of the table.
const CALLERS: [&str; 3] = [
    "not at work",
    "in admin mode, not of the owning team",
    "owner in the owning team, in admin mode",
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
        let dock = Dock::unlimited().start().await;
        let stranger = clerk(&dock, "stranger").await;
        let owner = owning_clerk(&dock, "owner").await;
        let callers = vec![
            at_work(&owner).without("x-appwrite-mode"),
            at_work(&stranger),
            at_work(&owner),
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
            if CALLERS[column] == "owner in the owning team, in admin mode" {
                return at_work(&owning_clerk(&self.dock, &name).await);
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

/// What contract §1 and §2 say of a status: who is no member of the owning team is a guest, an owner may all.
fn is_right(caller: &str, method: &str, path: &str, scope: &str, status: u16) -> bool {
    let is_owner = caller == "owner in the owning team, in admin mode";
    match (method, path) {
        // Projects are looked after in project `console` alone.
        _ if path.starts_with("/v1/projects") => status == 401,
        ("POST", "/v1/account/sessions/anonymous") if is_owner => status == 401,
        _ => (status != 401) == (is_owner || ["public", "nothing"].contains(&scope)),
    }
}

#[tokio::test]
async fn every_route_lets_in_the_owners_of_a_project_and_nobody_else_of_the_console() {
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
    POST   /account                                          400 400 400
    GET    /account                                          401 401 200
    DELETE /account                                          401 401 204
    GET    /account/prefs                                    401 401 200
    PATCH  /account/prefs                                    401 401 400
    PATCH  /account/name                                     401 401 400
    PATCH  /account/email                                    401 401 400
    PATCH  /account/password                                 401 401 400
    GET    /account/logs                                     401 401 200
    POST   /account/jwt                                      401 401 201
    POST   /account/sessions                                 400 400 400
    POST   /account/sessions/anonymous                       201 201 401
    GET    /account/sessions                                 401 401 200
    DELETE /account/sessions                                 401 401 204
    GET    /account/sessions/{sessionId}                     401 401 200
    DELETE /account/sessions/{sessionId}                     401 401 204
    POST   /account/sessions/magic-url                       400 400 400
    PUT    /account/sessions/magic-url                       400 400 400
    POST   /account/recovery                                 400 400 400
    PUT    /account/recovery                                 400 400 400
    POST   /account/verification                             401 401 400
    PUT    /account/verification                             400 400 400
    GET    /users                                            401 401 200
    POST   /users                                            401 401 400
    GET    /users/{userId}                                   401 401 404
    DELETE /users/{userId}                                   401 401 404
    PATCH  /users/{userId}/status                            401 401 400
    PATCH  /users/{userId}/verification                      401 401 400
    PATCH  /users/{userId}/name                              401 401 400
    PATCH  /users/{userId}/email                             401 401 400
    PATCH  /users/{userId}/password                          401 401 400
    GET    /users/{userId}/prefs                             401 401 404
    PATCH  /users/{userId}/prefs                             401 401 400
    GET    /users/{userId}/sessions                          401 401 404
    DELETE /users/{userId}/sessions                          401 401 404
    DELETE /users/{userId}/sessions/{sessionId}              401 401 404
    GET    /users/{userId}/logs                              401 401 404
    GET    /teams                                            401 401 200
    POST   /teams                                            401 401 400
    GET    /teams/{teamId}                                   401 401 404
    PUT    /teams/{teamId}                                   401 401 400
    DELETE /teams/{teamId}                                   401 401 404
    GET    /teams/{teamId}/memberships                       401 401 404
    POST   /teams/{teamId}/memberships                       401 401 400
    GET    /teams/{teamId}/memberships/{membershipId}        401 401 404
    PATCH  /teams/{teamId}/memberships/{membershipId}        401 401 400
    DELETE /teams/{teamId}/memberships/{membershipId}        401 401 404
    PATCH  /teams/{teamId}/memberships/{membershipId}/status 400 400 400
    GET    /functions                                        401 401 200
    POST   /functions                                        401 401 400
    GET    /functions/runtimes                               401 401 200
    GET    /functions/{functionId}                           401 401 404
    PUT    /functions/{functionId}                           401 401 400
    DELETE /functions/{functionId}                           401 401 404
    GET    /functions/{functionId}/usage                     401 401 404
    PATCH  /functions/{functionId}/tag                       401 401 400
    GET    /functions/{functionId}/tags                      401 401 404
    POST   /functions/{functionId}/tags                      401 401 400
    GET    /functions/{functionId}/tags/{tagId}              401 401 404
    DELETE /functions/{functionId}/tags/{tagId}              401 401 404
    GET    /functions/{functionId}/executions                401 401 404
    POST   /functions/{functionId}/executions                401 401 404
    GET    /functions/{functionId}/executions/{executionId}  401 401 404
    GET    /health                                           401 401 200
    GET    /health/db                                        401 401 200
    GET    /health/queue/functions                           401 401 200
    GET    /health/queue/webhooks                            401 401 200
    GET    /health/time                                      401 401 200
    GET    /projects                                         401 401 401
    POST   /projects                                         401 401 401
    GET    /projects/{projectId}                             401 401 401
    PATCH  /projects/{projectId}                             401 401 401
    DELETE /projects/{projectId}                             401 401 401
    PATCH  /projects/{projectId}/service                     401 401 401
    PATCH  /projects/{projectId}/auth/limit                  401 401 401
    PATCH  /projects/{projectId}/auth/{method}               401 401 401
    GET    /projects/{projectId}/keys                        401 401 401
    POST   /projects/{projectId}/keys                        401 401 401
    GET    /projects/{projectId}/keys/{keyId}                401 401 401
    PUT    /projects/{projectId}/keys/{keyId}                401 401 401
    DELETE /projects/{projectId}/keys/{keyId}                401 401 401
    GET    /projects/{projectId}/platforms                   401 401 401
    POST   /projects/{projectId}/platforms                   401 401 401
    GET    /projects/{projectId}/platforms/{platformId}      401 401 401
    PUT    /projects/{projectId}/platforms/{platformId}      401 401 401
    DELETE /projects/{projectId}/platforms/{platformId}      401 401 401
    GET    /projects/{projectId}/webhooks                    401 401 401
    POST   /projects/{projectId}/webhooks                    401 401 401
    GET    /projects/{projectId}/webhooks/{webhookId}        401 401 401
    PUT    /projects/{projectId}/webhooks/{webhookId}        401 401 401
    DELETE /projects/{projectId}/webhooks/{webhookId}        401 401 401
    GET    /realtime                                         400 400 400
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
    GET    /projects/{projectId}/webhooks                    401 401 401 404 404 404 404
    POST   /projects/{projectId}/webhooks                    401 401 401 400 400 400 400
    GET    /projects/{projectId}/webhooks/{webhookId}        401 401 401 404 404 404 404
    PUT    /projects/{projectId}/webhooks/{webhookId}        401 401 401 400 400 400 400
    DELETE /projects/{projectId}/webhooks/{webhookId}        401 401 401 404 404 404 404
    ");
}
