//! Contract §2, §7: who may execute a function, and who sees the executions.

use drydock_tests::{Actor, Deployed, Dock, Draft, Person};
use serde_json::{Value, json};

use crate::{NOBODY, missing};

/// People of every kind: `ada` is in no team; of team `makers` are `bob` with the role `dev` and `carl` without a
/// role; `dora` was invited with the role `dev` and did not confirm; `anonymous` has no address.
struct Cast {
    dock: Dock,
    people: Vec<(&'static str, Person)>,
}

impl Cast {
    async fn gather() -> Self {
        let dock = Dock::start().await;
        let mut people = Vec::new();
        for name in ["ada", "bob", "carl", "dora"] {
            people.push((name, dock.sign_up(name).await));
        }
        people.push(("anonymous", Person::anonymous(&dock.guest()).await));
        let (owner, key) = (dock.sign_up("olga").await, dock.key());
        owner.create_team("makers").await;
        owner.create_team("others").await;
        key.invite("makers", "bob@example.com", &["dev", "ops"]).await;
        key.invite("makers", "carl@example.com", &[]).await;
        owner.invite("makers", "dora@example.com", &["dev"]).await;
        Self { dock, people }
    }

    async fn function(&self, execute: &[&str]) -> Deployed {
        let draft = Draft::shell("true").set("execute", execute.to_vec());
        self.dock.key().deploy(draft).await
    }

    /// Who may execute a function with these permissions, by cookie and by token.
    async fn may(&self, execute: &[&str]) -> String {
        let function = self.function(execute).await;
        let path = format!("{}/executions", function.path());
        let mut admitted = Vec::new();
        for (name, person) in &self.people {
            let by_cookie = allowed(person, &path).await;
            assert_eq!(by_cookie, allowed(&person.by_jwt().await, &path).await, "{name}");
            if by_cookie {
                admitted.push(*name);
            }
        }
        // Whatever stands there, these never may, and these always.
        assert_eq!(
            self.dock.guest().post(&path).refused(401).await,
            missing("execution.write")
        );
        self.dock.key().post(&path).ok(201).await;
        self.dock.owner().post(&path).ok(201).await;
        admitted.join(" ")
    }
}

async fn allowed(actor: &Actor, path: &str) -> bool {
    let answer = actor.post(path).send().await;
    match answer.status {
        201 => true,
        401 => {
            assert!(!answer.message().contains("missing scope"), "{answer}");
            false
        }
        _ => panic!("{answer}"),
    }
}

#[tokio::test]
async fn an_empty_list_admits_nobody() {
    assert_eq!(Cast::gather().await.may(&[]).await, "");
}

#[tokio::test]
async fn role_all_admits_everybody_who_is_signed_in() {
    let cast = Cast::gather().await;
    assert_eq!(cast.may(&["role:all"]).await, "ada bob carl dora anonymous");
}

#[tokio::test]
async fn role_member_admits_everybody_who_is_signed_in() {
    let cast = Cast::gather().await;
    assert_eq!(cast.may(&["role:member"]).await, "ada bob carl dora anonymous");
}

#[tokio::test]
async fn role_guest_admits_nobody_because_guests_lack_the_scope() {
    let cast = Cast::gather().await;
    assert_eq!(cast.may(&["role:guest"]).await, "");
}

#[tokio::test]
async fn a_users_role_admits_that_user() {
    let cast = Cast::gather().await;
    assert_eq!(cast.may(&["user:ada"]).await, "ada");
}

#[tokio::test]
async fn a_teams_role_admits_its_confirmed_members() {
    let cast = Cast::gather().await;
    assert_eq!(cast.may(&["team:makers"]).await, "bob carl");
}

#[tokio::test]
async fn a_role_within_a_team_admits_who_has_it() {
    let cast = Cast::gather().await;
    assert_eq!(cast.may(&["team:makers/dev"]).await, "bob");
}

#[tokio::test]
async fn any_of_several_roles_admits() {
    let cast = Cast::gather().await;
    assert_eq!(
        cast.may(&["user:ada", "team:others", "team:makers/ops"]).await,
        "ada bob"
    );
}

#[tokio::test]
async fn a_role_that_only_resembles_one_of_theirs_admits_nobody() {
    let cast = Cast::gather().await;
    let resembling = [
        "user:ad",
        "user:adah",
        "ada",
        "team:others",
        "team:maker",
        "team:makers/owner",
        "team:makers/de",
        "team:makers/",
        "role:app",
        "ROLE:ALL",
        "*",
    ];
    assert_eq!(cast.may(&resembling).await, "");
}

#[tokio::test]
async fn a_confirmed_invitation_admits_from_then_on_and_a_lost_role_no_more() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (olga, dora) = (dock.sign_up("olga").await, dock.sign_up("dora").await);
    olga.create_team("makers").await;
    let function = dock
        .key()
        .deploy(Draft::shell("true").set("execute", vec!["team:makers/dev"]))
        .await;
    let path = format!("{}/executions", function.path());
    let membership = olga.invite("makers", &dora.email, &["dev"]).await;
    assert!(!allowed(&dora, &path).await);

    let invitation = console.invitation("default", &membership).await;
    invitation.accept(&dock.guest()).ok(200).await;
    assert!(allowed(&dora, &path).await);

    olga.patch(&invitation.path())
        .json(&json!({ "roles": ["ops"] }))
        .ok(200)
        .await;
    assert!(!allowed(&dora, &path).await);
}

#[tokio::test]
async fn changed_permissions_count_at_once() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = dock.key().deploy(Draft::shell("true")).await;
    let path = format!("{}/executions", function.path());
    assert!(!allowed(&ada, &path).await);

    dock.key()
        .put(&function.path())
        .json(&json!({ "name": "n", "execute": ["user:ada"] }))
        .ok(200)
        .await;

    assert!(allowed(&ada, &path).await);
}

#[tokio::test]
async fn a_function_that_is_none_is_404_for_people() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let path = format!("/v1/functions/{NOBODY}/executions");

    assert_eq!(ada.post(&path).refused(404).await, "Function not found");
    assert_eq!(ada.get(&path).refused(404).await, "Function not found");
}

#[tokio::test]
async fn people_execute_and_do_not_read_or_change_functions() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = dock
        .key()
        .deploy(Draft::shell("true").set("execute", vec!["role:all"]))
        .await;
    for (method, path) in [
        ("GET", "/v1/functions".to_owned()),
        ("GET", function.path()),
        ("PUT", function.path()),
        ("DELETE", function.path()),
        ("GET", format!("{}/tags", function.path())),
        ("PATCH", format!("{}/tag", function.path())),
        ("GET", format!("{}/usage", function.path())),
    ] {
        let message = ada.request(method, &path).refused(401).await;
        assert!(
            message.contains("missing scope (functions."),
            "{method} {path}: {message}"
        );
    }
}

fn ids(list: &Value) -> (Vec<&str>, i64) {
    let rows = list["executions"].as_array().unwrap();
    (
        rows.iter().map(|row| row["$id"].as_str().unwrap()).collect(),
        list["sum"].as_i64().unwrap(),
    )
}

#[tokio::test]
async fn an_execution_is_read_by_who_called_it_and_by_keys() {
    let dock = Dock::start().await;
    let (ada, bob, key) = (dock.sign_up("ada").await, dock.sign_up("bob").await, dock.key());
    let function = key
        .deploy(Draft::shell("true").set("execute", vec!["role:all"]))
        .await;
    let path = format!("{}/executions", function.path());

    let of_ada = ada.post(&path).ok(201).await;
    let of_bob = bob.by_jwt().await.post(&path).ok(201).await;
    let of_key = key.post(&path).ok(201).await;

    assert_eq!(of_ada["$read"], json!(["user:ada"]));
    assert_eq!(of_bob["$read"], json!(["user:bob"]));
    assert_eq!(of_key["$read"], json!([]));
    let [a, b, k] = [&of_ada, &of_bob, &of_key].map(|run| run["$id"].as_str().unwrap());
    assert_eq!(ids(&ada.get(&path).ok(200).await), (vec![a], 1));
    assert_eq!(ids(&bob.get(&path).ok(200).await), (vec![b], 1));
    for everything in [key, dock.owner()] {
        assert_eq!(ids(&everything.get(&path).ok(200).await), (vec![k, b, a], 3));
        for id in [a, b, k] {
            everything.get(&format!("{path}/{id}")).ok(200).await;
        }
    }
    ada.get(&format!("{path}/{a}")).ok(200).await;
    for hidden in [b, k] {
        let message = ada.get(&format!("{path}/{hidden}")).refused(404).await;
        assert_eq!(message, "Execution not found");
    }
}

#[tokio::test]
async fn pages_and_search_show_nothing_of_what_others_ran() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let function = dock
        .key()
        .deploy(Draft::shell("true").set("execute", vec!["role:all"]))
        .await;
    let path = format!("{}/executions", function.path());
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(ada.execute(&function, "").await);
        bob.execute(&function, "").await;
    }
    let hidden = bob.execute(&function, "").await;

    let page = async |query: String| ada.get(&format!("{path}?{query}")).ok(200).await;

    assert_eq!(ids(&page("limit=2".into()).await), (vec![&*own[2], &own[1]], 3));
    assert_eq!(ids(&page("offset=1".into()).await), (vec![&*own[1], &own[0]], 3));
    assert_eq!(
        ids(&page(format!("cursor={}", own[2])).await).0,
        [&*own[1], &own[0]]
    );
    assert_eq!(ids(&page(format!("search={hidden}")).await), (vec![], 0));
    assert_eq!(ids(&page(format!("search={}", function.id)).await).1, 3);
    ada.get(&format!("{path}?cursor={hidden}")).refused(400).await;
}

#[tokio::test]
async fn who_may_no_longer_execute_still_reads_their_own_runs() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = dock
        .key()
        .deploy(Draft::shell("echo ran").set("execute", vec!["user:ada"]))
        .await;
    let run = ada.run(&function, "").await;

    dock.key()
        .put(&function.path())
        .json(&json!({ "name": "n", "execute": [] }))
        .ok(200)
        .await;

    let id = run["$id"].as_str().unwrap();
    assert_eq!(ada.execution(&function, id).await["stdout"], "ran\n");
}
