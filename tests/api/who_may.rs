//! Contract §2: who may call what. One table, generated: every route of `fixtures/routes.txt` by every kind of
//! caller, each cell on things that are really there and that no cell before has destroyed.
//!
//! The rule of scopes is judged here, in [`expected`]; the statuses in full stand in the reviewed snapshot.

use std::collections::HashMap;
use std::fmt::Write as _;

use drydock_tests::stage::{
    Account, Membership, OWNERS, PASSWORD, Session, Stage, create_key, create_web_platform, create_webhook,
    every_scope, forge_jwt, invite, machine_owner, secret_of_invitation,
};
use drydock_tests::{Console, Deployed, Dock, Draft, archive, form_data, tests_folder};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::NOBODY;

/// A line of `fixtures/routes.txt`: `METHOD PATH NEEDS`, and `console` for what is only in project `console`.
struct Route {
    method: String,
    path: String,
    needs: String,
    console: bool,
}

fn routes() -> Vec<Route> {
    let text = std::fs::read_to_string(tests_folder().join("fixtures/routes.txt")).unwrap();
    let route = |line: &str| {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let [method, path, needs, console @ ..] = words.as_slice() else {
            panic!("not a route: {line}");
        };
        Route {
            method: method.clone(),
            path: path.clone(),
            needs: needs.clone(),
            console: console.first().is_some_and(|word| word == "console"),
        }
    };
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(route)
        .collect()
}

impl Route {
    fn of_the_console_api(&self) -> bool {
        self.path.starts_with("/console/")
    }

    /// A change of the caller's own account may be the last thing that the caller does.
    fn ends_its_caller(&self) -> bool {
        self.method != "GET"
            && (self.path.starts_with("/v1/account") || self.path.starts_with("/console/api/session"))
    }

    /// Names of the path's parameters, in their order.
    fn parameters(&self) -> Vec<&str> {
        let segments = self.path.split('/');
        segments
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .collect()
    }
}

/// The kinds of callers, in the order of the table's columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Who {
    NoProject,
    Guest,
    Blocked,
    User,
    Member,
    Leader,
    Jwt,
    JwtExpired,
    JwtTampered,
    JwtOfDeletedSession,
    KeyWithout,
    KeyWith,
    KeyElsewhere,
    Owner,
    Admin,
    AdminElsewhere,
}

const EVERYBODY: [(Who, &str); 16] = [
    (Who::NoProject, "nobody who names no project"),
    (Who::Guest, "guest: shows nothing"),
    (
        Who::Blocked,
        "user with a session, blocked (for console routes: of project default, as all users and keys here)",
    ),
    (Who::User, "user with a session"),
    (Who::Member, "user with a session, member of the team as `dev`"),
    (Who::Leader, "user with a session, `owner` of the team"),
    (Who::Jwt, "the user of column d by a JWT"),
    (Who::JwtExpired, "… whose JWT has expired"),
    (Who::JwtTampered, "… whose JWT names another user"),
    (Who::JwtOfDeletedSession, "… whose JWT's session is deleted"),
    (Who::KeyWithout, "key with every scope but the route's"),
    (
        Who::KeyWith,
        "key with the route's scope alone (every scope, where no key can hold it)",
    ),
    (Who::KeyElsewhere, "key of another project with every scope"),
    (Who::Owner, "console owner, not in admin mode"),
    (Who::Admin, "console owner in admin mode"),
    (
        Who::AdminElsewhere,
        "console owner in admin mode, in another project (for console routes: in project default)",
    ),
];

/// What is decided before the action itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// The action decides.
    Granted,
    /// 401, and the message names the scope.
    MissingScope,
    /// 401, and the message speaks of the JWT.
    JwtRefused,
    /// 401 for another reason: blocked, or no console session.
    Refused,
}

/// Contract §2, as a rule.
fn expected(route: &Route, who: Who) -> Expected {
    let guest = |granted: bool| {
        if granted {
            Expected::Granted
        } else {
            Expected::MissingScope
        }
    };
    if route.of_the_console_api() {
        let owner = matches!(who, Who::Owner | Who::Admin | Who::AdminElsewhere);
        return if route.needs == "owner" && !owner {
            Expected::Refused
        } else {
            Expected::Granted
        };
    }
    let needs = route.needs.as_str();
    if needs == "nothing" {
        return Expected::Granted;
    }
    let public = needs == "public";
    let of_members = ["public", "account", "teams.", "projects.", "execution."]
        .iter()
        .any(|scope| needs.starts_with(scope));
    let of_keys = every_scope().iter().any(|scope| scope == needs);
    match who {
        // Cookies and keys of project default mean nothing in project console.
        Who::JwtExpired | Who::JwtTampered => Expected::JwtRefused,
        Who::AdminElsewhere if route.console => Expected::Refused,
        // The scope is held, but the owner of the machine is nobody with an account.
        Who::Admin | Who::AdminElsewhere if needs == "account" => Expected::Refused,
        Who::Admin | Who::AdminElsewhere => Expected::Granted,
        Who::NoProject | Who::Guest | Who::JwtOfDeletedSession | Who::KeyElsewhere | Who::Owner => {
            guest(public)
        }
        _ if route.console => guest(public),
        Who::Blocked if of_members => Expected::Refused,
        Who::Blocked | Who::User | Who::Member | Who::Leader | Who::Jwt => guest(of_members),
        Who::KeyWithout => guest(needs == "health.read"),
        Who::KeyWith => guest(of_keys),
    }
}

type Headers = Vec<(&'static str, String)>;

/// A caller, with what it shows beside the project's name.
#[derive(Clone)]
struct Caller {
    shows: Headers,
    /// Its own session, if it has one.
    session: Option<String>,
}

impl Caller {
    fn showing(shows: Headers) -> Self {
        Self { shows, session: None }
    }

    fn by_cookie(session: &Session) -> Self {
        let cookie = format!("{}={}", session.cookie_name, session.cookie);
        Self {
            shows: vec![("cookie", cookie)],
            session: Some(session.id.clone()),
        }
    }

    fn by_jwt(jwt: String, session: &Session) -> Self {
        Self {
            shows: vec![("x-appwrite-jwt", jwt)],
            session: Some(session.id.clone()),
        }
    }

    fn by_console(console: &Console, admin: bool) -> Self {
        let mut shows = vec![
            ("cookie", console.cookie().to_owned()),
            ("x-drydock-console", console.proof().to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ];
        if admin {
            shows.push(("x-appwrite-mode", "admin".to_owned()));
        }
        Self::showing(shows)
    }
}

/// A server, a project with things in it, and everybody.
struct World<'d> {
    dock: &'d Dock,
    stage: Stage<'d>,
    http: reqwest::Client,
    console: Console,
    member: Account,
    leader: Session,
    bystander: Account,
    function: Deployed,
    things: HashMap<&'static str, String>,
    key_elsewhere: String,
    keys: HashMap<(String, bool), String>,
    callers: HashMap<Who, Caller>,
    number: u32,
}

const TEAM: &str = "crew";

/// Who gets other names, addresses and passwords.
const SUBJECT: &str = "subject";

impl<'d> World<'d> {
    async fn make(dock: &'d Dock) -> Self {
        let stage = Stage::first(dock);
        let console = dock.console().await;
        let member = stage.account("member").await;
        let leader = stage.user("leader").await;
        let bystander = stage.account("bystander").await;
        stage.account(SUBJECT).await;
        stage.team(TEAM).await;
        stage.join(TEAM, &member, &["dev"]).await;
        stage.join(TEAM, &leader.account, &["owner"]).await;
        let membership = stage.join(TEAM, &bystander, &["guest"]).await;
        let draft = Draft::shell("echo done").set("execute", json!([format!("team:{TEAM}")]));
        let function = stage.key().deploy(draft).await;
        let by_member = stage.sign_in(&member).await;
        let execution = by_member.actor.execute(&function, "").await;
        stage.key().finished(&function, &execution).await;
        let (key, _) = create_key(dock, stage.project(), &[]).await;
        let elsewhere = Stage::another(dock, "elsewhere").await;
        let things = HashMap::from([
            ("functionId", function.id.clone()),
            ("tagId", function.tag.clone()),
            ("executionId", execution),
            ("teamId", TEAM.to_owned()),
            ("membershipId", membership.id),
            ("userId", bystander.id.clone()),
            ("sessionId", stage.sign_in(&bystander).await.id),
            ("keyId", key),
            (
                "platformId",
                create_web_platform(dock, stage.project(), "app.test").await,
            ),
            ("webhookId", create_webhook(dock, stage.project()).await),
            ("projectId", stage.project().to_owned()),
            ("method", "email-password".to_owned()),
        ]);
        let (_, key_elsewhere) = create_key(dock, elsewhere.project(), &every_scope()).await;
        let mut world = Self {
            dock,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            stage,
            console,
            member,
            leader,
            bystander,
            function,
            things,
            key_elsewhere,
            keys: HashMap::new(),
            callers: HashMap::new(),
            number: 0,
        };
        for (who, _) in EVERYBODY {
            let caller = world.caller(who).await;
            world.callers.insert(who, caller);
        }
        world
    }

    fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    async fn newcomer(&mut self) -> Session {
        let name = format!("newcomer-{}", self.next());
        self.stage.user(&name).await
    }

    /// A caller of that kind with sessions of its own; keys by scope are made in [`World::key`].
    async fn caller(&mut self, who: Who) -> Caller {
        match who {
            Who::NoProject | Who::Guest | Who::KeyWithout | Who::KeyWith => Caller::showing(Vec::new()),
            Who::KeyElsewhere => Caller::showing(vec![("x-appwrite-key", self.key_elsewhere.clone())]),
            Who::Blocked => {
                let session = self.newcomer().await;
                let path = format!("/v1/users/{}/status", session.account.id);
                let blocked = json!({ "status": false });
                self.stage.key().patch(&path).json(&blocked).ok(200).await;
                Caller::by_cookie(&session)
            }
            Who::User => Caller::by_cookie(&self.newcomer().await),
            Who::Member => Caller::by_cookie(&self.stage.sign_in(&self.member).await),
            Who::Leader => Caller::by_cookie(&self.stage.sign_in(&self.leader.account).await),
            Who::Jwt => {
                let session = self.newcomer().await;
                Caller::by_jwt(session.jwt().await, &session)
            }
            Who::JwtExpired => {
                let session = self.newcomer().await;
                // 2020: longer ago than any leeway.
                let claims =
                    json!({ "userId": session.account.id, "sessionId": session.id, "exp": 1_577_836_800 });
                Caller::by_jwt(forge_jwt(self.dock, &claims), &session)
            }
            Who::JwtTampered => {
                let session = self.newcomer().await;
                let jwt = session.jwt().await;
                let claims =
                    json!({ "userId": "leader", "sessionId": self.leader.id, "exp": 4_102_444_800_i64 });
                let forged =
                    drydock_tests::stage::sign_jwt(b"not the key", &json!({ "alg": "HS256" }), &claims);
                let parts: Vec<_> = jwt.split('.').collect();
                let payload = forged.split('.').nth(1).unwrap();
                Caller::by_jwt(format!("{}.{payload}.{}", parts[0], parts[2]), &session)
            }
            Who::JwtOfDeletedSession => {
                let session = self.newcomer().await;
                let jwt = session.jwt().await;
                session.actor.delete("/v1/account/sessions/current").ok(204).await;
                Caller::by_jwt(jwt, &session)
            }
            Who::Owner | Who::Admin | Who::AdminElsewhere => {
                let console = self.dock.another_console().await;
                Caller::by_console(&console, who != Who::Owner)
            }
        }
    }

    /// A key of the project for a route, with its scope or with every other one; where no key can hold the
    /// scope, it has every one there is.
    async fn key(&mut self, needs: &str, with: bool) -> String {
        let kind = (needs.to_owned(), with);
        if let Some(known) = self.keys.get(&kind) {
            return known.clone();
        }
        let mut scopes = every_scope();
        if scopes.iter().any(|scope| scope == needs) {
            scopes.retain(|scope| (scope == needs) == with);
        }
        let (_, secret) = create_key(self.dock, self.stage.project(), &scopes).await;
        self.keys.insert(kind, secret.clone());
        secret
    }

    /// A thing of its own for a cell that may destroy it: whatever the path's last parameter names.
    async fn fresh(&mut self, route: &Route) -> Option<(&'static str, String)> {
        let number = self.next();
        let name = format!("fresh-{number}");
        let of_users = route.path.starts_with("/v1/users");
        let last = route.parameters().pop()?.to_owned();
        Some(match last.as_str() {
            "functionId" => ("functionId", self.stage.key().create_function().await),
            "tagId" => {
                let code = archive::one_file("main.sh", &format!("echo {number}"));
                let tag = self
                    .stage
                    .key()
                    .upload(&self.function.id, "sh main.sh", code)
                    .await;
                ("tagId", tag)
            }
            "teamId" => {
                self.stage.team(&name).await;
                self.stage.join(&name, &self.member, &["dev"]).await;
                self.stage.join(&name, &self.leader.account, &["owner"]).await;
                ("teamId", name)
            }
            "membershipId" => {
                let email = format!("{name}@people.example");
                let made = invite(&self.stage.key(), TEAM, &email, &["guest"]).await;
                ("membershipId", made.id)
            }
            "userId" => ("userId", self.stage.account(&name).await.id),
            "sessionId" if of_users => ("sessionId", self.stage.sign_in(&self.bystander).await.id),
            "keyId" => ("keyId", create_key(self.dock, self.stage.project(), &[]).await.0),
            "platformId" => {
                let host = format!("{name}.test");
                let made = create_web_platform(self.dock, self.stage.project(), &host).await;
                ("platformId", made)
            }
            "webhookId" => ("webhookId", create_webhook(self.dock, self.stage.project()).await),
            "projectId" => {
                let body = json!({ "projectId": name, "name": name, "teamId": OWNERS });
                machine_owner(self.dock)
                    .post("/v1/projects")
                    .json(&body)
                    .ok(201)
                    .await;
                ("projectId", name)
            }
            _ => return None,
        })
    }

    /// An open invitation, with its secret as the console shows it.
    async fn invitation(&mut self) -> (Membership, String, String) {
        let guest = format!("invited-{}", self.next());
        let account = self.stage.account(&guest).await;
        let made = invite(&self.leader.actor, TEAM, &account.email, &["dev"]).await;
        let secret = secret_of_invitation(&self.console, self.stage.project(), &made).await;
        (made, account.id, secret)
    }

    /// One cell: the status, and what a 401 is for.
    async fn cell(&mut self, route: &Route, who: Who) -> String {
        let caller = if route.ends_its_caller() {
            // Her team does not matter for her account, and needs her for the next cells.
            let in_team = matches!(who, Who::Member | Who::Leader);
            self.caller(if in_team { Who::User } else { who }).await
        } else {
            self.callers[&who].clone()
        };
        let mut shows = caller.shows;
        if matches!(who, Who::KeyWithout | Who::KeyWith) {
            let secret = self.key(&route.needs, who == Who::KeyWith).await;
            shows.push(("x-appwrite-key", secret));
        }
        let home = if route.console {
            "console"
        } else {
            self.stage.project()
        };
        let project = match who {
            Who::NoProject => None,
            Who::AdminElsewhere if route.console => Some(self.stage.project()),
            Who::AdminElsewhere => Some("elsewhere"),
            _ => Some(home),
        };
        if let Some(project) = project {
            shows.push(("x-appwrite-project", project.to_owned()));
        }

        let mut things = self.things.clone();
        if let Some(session) = caller.session.filter(|_| route.path.starts_with("/v1/account")) {
            things.insert("sessionId", session);
        }
        if route.method == "PATCH" && route.path.starts_with("/v1/users/") {
            things.insert("userId", SUBJECT.to_owned());
        }
        let mut body = self.body(route);
        if route.method == "DELETE"
            && let Some((name, id)) = self.fresh(route).await
        {
            things.insert(name, id);
        }
        if route.path.ends_with("/memberships/{membershipId}/status") {
            let (membership, user, secret) = self.invitation().await;
            things.insert("membershipId", membership.id);
            body["userId"] = user.into();
            body["secret"] = secret.into();
        }
        let mut path = route.path.clone();
        for name in route.parameters() {
            let id = things.get(name).map_or(NOBODY, String::as_str);
            path = path.replace(&format!("{{{name}}}"), id);
        }

        let about = format!("{} {path} by {who:?}", route.method);
        let method = reqwest::Method::from_bytes(route.method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.dock.origin()));
        for (name, value) in shows {
            request = request.header(name, value);
        }
        if route.path.ends_with("/tags") && route.method == "POST" {
            let code = archive::one_file("main.sh", "echo uploaded");
            request = request.multipart(form_data("sh main.sh", "code.tar.gz", code));
        } else if route.method != "GET" {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        if status != 401 {
            // The body is not waited for: a stream has no end.
            assert!(
                status < 500 || status == 501 || status == 503,
                "{about}: {status}"
            );
            return status.to_string();
        }
        let told = response.text().await.unwrap();
        if told.contains(&format!("missing scope ({})", route.needs)) {
            "401s".to_owned()
        } else if told.contains("Failed to verify JWT") {
            "401j".to_owned()
        } else {
            "401".to_owned()
        }
    }

    /// One body for all: parameters that a route does not know are ignored.
    fn body(&mut self, route: &Route) -> Value {
        let number = self.next();
        let mut body = json!({
            "userId": "unique()", "functionId": "unique()", "teamId": "unique()", "projectId": "unique()",
            "name": "Somebody", "email": format!("mail-{number}@people.example"),
            "password": PASSWORD, "oldPassword": PASSWORD, "passwordAgain": PASSWORD,
            "url": "http://localhost/", "secret": "made-up", "token": "made-up",
            "execute": [format!("team:{TEAM}")], "runtime": "node-20.0", "vars": {}, "events": [], "schedule": "", "timeout": 15,
            "tag": self.function.tag, "data": "", "as": "owner", "roles": ["guest"], "prefs": {},
            "status": true, "emailVerification": true, "limit": 0, "service": "account",
            "type": "web", "security": true, "key": "", "store": "", "hostname": format!("h{number}.test"), "scopes": ["users.read"],
        });
        match (route.method.as_str(), route.path.as_str()) {
            ("POST", "/v1/projects") => body["teamId"] = OWNERS.into(),
            ("POST", "/v1/account/sessions") => body["email"] = self.bystander.email.clone().into(),
            // What mails lead to: of somebody who is there.
            ("PUT", path) if path.starts_with("/v1/account/") => {
                body["userId"] = self.bystander.id.clone().into();
            }
            _ => {}
        }
        body
    }
}

#[tokio::test]
async fn every_route_admits_whom_the_contract_names_and_nobody_else() {
    let dock = Dock::launch()
        // The table makes more calls than a person: limits have tests of their own.
        .env("DRYDOCK_RATE_LIMITS", "false")
        .start()
        .await;
    let mut world = World::make(&dock).await;
    let routes = routes();
    let widest = routes.iter().map(|route| route.path.len()).max().unwrap();
    let mut table = String::new();
    for ((_, told), letter) in EVERYBODY.iter().zip('a'..) {
        writeln!(table, "{letter}  {told}").unwrap();
    }
    table.push_str("\n401s: the scope is missing; 401j: the JWT is refused; 401: another reason\n\n");
    write!(table, "{:<6} {:<widest$}", "", "").unwrap();
    for (_, letter) in EVERYBODY.iter().zip('a'..) {
        write!(table, " {letter:<4}").unwrap();
    }
    table = format!("{}\n", table.trim_end());

    let mut wrong = Vec::new();
    for route in &routes {
        let mut line = format!("{:<6} {:<widest$}", route.method, route.path);
        for (who, _) in EVERYBODY {
            let cell = world.cell(route, who).await;
            let expected = expected(route, who);
            let fits = match expected {
                Expected::Granted => !["401s", "401j"].contains(&cell.as_str()),
                Expected::MissingScope => cell == "401s",
                Expected::JwtRefused => cell == "401j",
                Expected::Refused => ["401", "401s"].contains(&cell.as_str()),
            };
            if !fits {
                wrong.push(format!(
                    "{} {} by {who:?}: {cell}, but the contract says {expected:?}",
                    route.method, route.path
                ));
            }
            write!(line, " {cell:<4}").unwrap();
        }
        writeln!(table, "{}", line.trim_end()).unwrap();
    }

    assert!(wrong.is_empty(), "{table}\n{}", wrong.join("\n"));
    assert_snapshot!("who_may", table);
}
