//! Contract §2: people of project `console`: off unless asked for, and what they may do in a project of their team.

use drydock_tests::{Actor, Dock, Draft, Person};
use serde_json::json;

/// A server where people may sign up to the console, and project `shop` that belongs to a team of `ada`.
struct Office {
    dock: Dock,
    ada: Person,
}

impl Office {
    async fn open() -> Self {
        let dock = Dock::launch().arg("--console-signup").start().await;
        let ada = sign_up(&dock, "ada").await;
        ada.create_team("crew").await;
        let body = json!({ "projectId": "shop", "name": "Shop", "teamId": "crew" });
        ada.post("/v1/projects").json(&body).ok(201).await;
        Self { dock, ada }
    }

    /// Somebody of the crew with that role.
    async fn hire(&self, name: &str, role: &str) -> Person {
        let person = sign_up(&self.dock, name).await;
        self.dock
            .console_owner()
            .invite("crew", &person.email, &[role])
            .await;
        person
    }
}

/// A caller that names project `console`, as the console's own pages do.
fn console(dock: &Dock) -> Actor {
    dock.guest().header("x-appwrite-project", "console")
}

async fn sign_up(dock: &Dock, name: &str) -> Person {
    let body = json!({
        "userId": name, "email": format!("{name}@example.com"), "password": format!("password of {name}"),
        "name": name,
    });
    console(dock).post("/v1/account").json(&body).ok(201).await;
    Person::sign_in(
        &console(dock),
        &format!("{name}@example.com"),
        &format!("password of {name}"),
    )
    .await
}

/// The person at work in project `shop`.
fn at_work(person: &Person) -> Actor {
    person
        .actor()
        .header("x-appwrite-project", "shop")
        .header("x-appwrite-mode", "admin")
}

#[tokio::test]
async fn nobody_signs_up_to_the_console_unless_the_server_was_started_for_it() {
    let dock = Dock::start().await;
    let body = json!({ "userId": "ada", "email": "ada@example.com", "password": "12345678" });

    console(&dock).post("/v1/account").json(&body).refused(501).await;
    dock.stranger().post("/v1/account").json(&body).refused(501).await;

    dock.guest().post("/v1/account").json(&body).ok(201).await;
}

#[tokio::test]
async fn a_session_of_the_console_has_a_cookie_of_its_own() {
    let office = Office::open().await;

    assert_eq!(office.ada.cookie().name, "a_session_console");
    assert_eq!(office.ada.account().await["$id"], "ada");
}

#[tokio::test]
async fn who_makes_a_project_for_their_team_sees_it_and_no_other() {
    let office = Office::open().await;
    let bob = sign_up(&office.dock, "bob").await;

    let list = office.ada.get("/v1/projects").ok(200).await;
    assert_eq!(
        (&list["sum"], &list["projects"][0]["$id"]),
        (&json!(1), &json!("shop"))
    );
    assert_eq!(bob.get("/v1/projects").ok(200).await["sum"], 0);
    for path in [
        "/v1/projects/shop",
        "/v1/projects/default",
        "/v1/projects/shop/keys",
    ] {
        bob.get(path).refused(404).await;
    }
    let body = json!({ "name": "Bob's" });
    crate::kept_out(bob.patch("/v1/projects/shop").json(&body)).await;
    crate::kept_out(office.ada.patch("/v1/projects/default").json(&body)).await;
    let list = office.dock.console_owner().get("/v1/projects").ok(200).await;
    assert_eq!(list["sum"], 2, "the owner of the machine sees all");
}

#[tokio::test]
async fn nobody_makes_a_project_for_a_team_of_others() {
    let office = Office::open().await;
    let bob = sign_up(&office.dock, "bob").await;
    for team in ["crew", "drydock"] {
        let body = json!({ "projectId": "unique()", "name": "n", "teamId": team });
        crate::kept_out(bob.post("/v1/projects").json(&body)).await;
    }
}

#[tokio::test]
async fn in_admin_mode_a_member_of_the_team_does_what_a_key_does() {
    let office = Office::open().await;
    let dora = office.hire("dora", "developer").await;
    for person in [&office.ada, &dora] {
        let admin = at_work(person);
        // Its list of permissions is empty, and is not asked.
        let function = admin.deploy(Draft::shell("echo ran")).await;
        assert_eq!(admin.run(&function, "").await["stdout"], "ran\n");
        admin.get("/v1/users").ok(200).await;
        admin.get(&format!("{}/usage", function.path())).ok(200).await;
    }
}

#[tokio::test]
async fn the_mode_may_stand_in_the_query() {
    let office = Office::open().await;
    let plain = office.ada.actor().header("x-appwrite-project", "shop");

    plain.get("/v1/functions?mode=admin").ok(200).await;
    plain.get("/v1/functions").refused(401).await;
    plain.get("/v1/functions?mode=default").refused(401).await;
}

#[tokio::test]
async fn in_admin_mode_a_stranger_to_the_team_is_a_guest() {
    let office = Office::open().await;
    let bob = at_work(&sign_up(&office.dock, "bob").await);

    let message = bob.get("/v1/functions").refused(401).await;
    assert!(
        message.ends_with("(role: guest) missing scope (functions.read)"),
        "{message}"
    );
    let message = at_work(&office.ada)
        .header("x-appwrite-project", "default")
        .get("/v1/functions")
        .refused(401)
        .await;
    assert!(
        message.ends_with("(role: guest) missing scope (functions.read)"),
        "{message}"
    );
}

#[tokio::test]
async fn who_was_invited_to_the_team_and_waits_is_a_guest_too() {
    let office = Office::open().await;
    let bob = sign_up(&office.dock, "bob").await;
    office.ada.invite("crew", &bob.email, &["owner"]).await;

    at_work(&bob).get("/v1/functions").refused(401).await;
    bob.get("/v1/projects/shop").refused(404).await;
}

#[tokio::test]
async fn a_session_of_the_project_is_none_of_the_console() {
    let office = Office::open().await;
    let shopper = office.dock.guest().header("x-appwrite-project", "shop");
    let body = json!({ "userId": "eve", "email": "eve@example.com", "password": "12345678" });
    shopper.post("/v1/account").json(&body).ok(201).await;
    let eve = Person::sign_in(&shopper, "eve@example.com", "12345678").await;

    let admin = eve.actor().header("x-appwrite-mode", "admin");

    admin.get("/v1/functions").refused(401).await;
    let renamed = format!("a_session_console={}", eve.cookie().value);
    shopper
        .header("cookie", &renamed)
        .header("x-appwrite-mode", "admin")
        .get("/v1/functions")
        .refused(401)
        .await;
}

#[tokio::test]
async fn a_developer_has_no_account_in_the_project_and_an_owner_has() {
    let office = Office::open().await;
    let dora = office.hire("dora", "developer").await;

    let message = at_work(&dora).get("/v1/account").refused(401).await;
    assert!(message.ends_with("missing scope (account)"), "{message}");
    at_work(&office.ada).get("/v1/account").ok(200).await;
}

#[tokio::test]
async fn at_work_nobody_is_counted_or_stopped_by_a_switch() {
    let office = Office::open().await;
    let admin = at_work(&office.ada);
    let shop = office.ada.clone();
    let function = admin.create_function().await;
    shop.patch("/v1/projects/shop/service")
        .json(&json!({ "service": "functions", "status": false }))
        .ok(200)
        .await;

    for _ in 0..61 {
        admin
            .post(&format!("/v1/functions/{function}/executions"))
            .refused(404)
            .await;
    }
}

#[tokio::test]
async fn a_project_is_deleted_with_the_password_of_who_deletes_it() {
    let office = Office::open().await;
    let delete = || office.ada.delete("/v1/projects/shop");

    delete().refused(400).await;
    delete()
        .json(&json!({ "password": "not her password" }))
        .refused(401)
        .await;
    delete()
        .query(&[("password", "not her password")])
        .refused(401)
        .await;
    office.ada.get("/v1/projects/shop").ok(200).await;

    delete()
        .json(&json!({ "password": office.ada.password }))
        .ok(204)
        .await;
    office.ada.get("/v1/projects/shop").refused(404).await;
}

#[tokio::test]
async fn the_password_may_stand_in_the_query() {
    let office = Office::open().await;

    office
        .ada
        .delete("/v1/projects/shop")
        .query(&[("password", &office.ada.password)])
        .ok(204)
        .await;

    at_work(&office.ada).get("/v1/functions").refused(404).await;
}

#[tokio::test]
async fn a_team_that_owns_projects_stays_so_that_nobody_else_becomes_their_owner() {
    let office = Office::open().await;

    let refused = office.ada.delete("/v1/teams/crew").refused(409).await;

    assert!(refused.contains("Projects belong to this team"), "{refused}");
    office.ada.get("/v1/projects/shop").ok(200).await;
    let body = json!({ "password": "password of ada" });
    office
        .ada
        .request("DELETE", "/v1/projects/shop")
        .query(&[("password", "password of ada")])
        .json(&body)
        .ok(204)
        .await;
    office.ada.delete("/v1/teams/crew").ok(204).await;
}
