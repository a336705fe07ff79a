//! Contract §10: who is in a team, with which roles, and how they leave.

use drydock_tests::Dock;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::NOBODY;
use crate::parameters::Call;

fn id(membership: &Value) -> &str {
    membership["$id"].as_str().unwrap()
}

fn path(membership: &Value) -> String {
    format!(
        "/v1/teams/{}/memberships/{}",
        membership["teamId"].as_str().unwrap(),
        id(membership)
    )
}

#[tokio::test]
async fn a_key_makes_somebody_a_member_at_once() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let key = dock.key();
    key.create_team("makers").await;

    let membership = key.invite("makers", "ADA@example.com", &["dev", "ops"]).await;

    assert_json_snapshot!(membership, {
        "[\"$id\"]" => "[id]", ".invited" => "[unix]", ".joined" => "[unix]"
    }, @r#"
    {
      "$id": "[id]",
      "confirm": true,
      "email": "ada@example.com",
      "invited": "[unix]",
      "joined": "[unix]",
      "name": "ada",
      "roles": [
        "dev",
        "ops"
      ],
      "teamId": "makers",
      "userId": "ada"
    }
    "#);
    for date in ["invited", "joined"] {
        assert!(membership[date].as_i64().is_some_and(|unix| unix > 1_600_000_000));
    }
    assert_eq!(ada.team_sum("makers").await, 1);
    assert_eq!(ada.get(&path(&membership)).ok(200).await, membership);
}

#[tokio::test]
async fn the_owner_of_the_machine_makes_somebody_a_member_at_once() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.owner().create_team("makers").await;

    let membership = dock.owner().invite("makers", &ada.email, &["dev"]).await;

    assert_eq!(membership["confirm"], true);
    assert_eq!(ada.team_sum("makers").await, 1);
}

#[tokio::test]
async fn an_address_that_nobody_has_makes_a_person_without_a_password() {
    let dock = Dock::start().await;
    let key = dock.key();
    key.create_team("makers").await;

    let membership = key.invite("makers", "New@Example.com", &[]).await;

    assert_eq!(
        (&membership["name"], &membership["email"]),
        (&json!("new@example.com"), &json!("new@example.com"))
    );
    let id = membership["userId"].as_str().unwrap();
    let user = key.get(&format!("/v1/users/{id}")).ok(200).await;
    assert_eq!(
        (&user["name"], &user["passwordUpdate"], &user["status"]),
        (&json!("new@example.com"), &json!(0), &json!(true))
    );
    for password in ["12345678", "new@example.com"] {
        let body = json!({ "email": "new@example.com", "password": password });
        dock.guest()
            .post("/v1/account/sessions")
            .json(&body)
            .refused(401)
            .await;
    }
}

#[tokio::test]
async fn a_new_person_may_be_given_a_name() {
    let dock = Dock::start().await;
    let key = dock.key();
    key.create_team("makers").await;
    let body = json!({
        "email": "new@example.com", "roles": [], "url": "http://localhost/x", "name": "Newton",
    });

    let membership = key.post("/v1/teams/makers/memberships").json(&body).ok(201).await;

    assert_eq!(membership["name"], "Newton");
}

#[tokio::test]
async fn roles_are_changed_by_an_owner_and_by_a_key() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = dock.key().invite("makers", &bob.email, &["dev"]).await;
    let change = |roles: Value| json!({ "roles": roles });

    let by_owner = ada
        .patch(&path(&membership))
        .json(&change(json!(["ops", "dev"])))
        .ok(200)
        .await;
    assert_eq!(by_owner["roles"], json!(["ops", "dev"]));
    assert_eq!(
        (&by_owner["name"], &by_owner["email"]),
        (&json!("bob"), &json!(bob.email))
    );
    let by_key = dock
        .key()
        .patch(&path(&membership))
        .json(&change(json!(["owner"])))
        .ok(200)
        .await;
    assert_eq!(by_key["roles"], json!(["owner"]));
    // The new role counts at once.
    bob.put("/v1/teams/makers")
        .json(&json!({ "name": "Bob's" }))
        .ok(200)
        .await;

    Call::new(
        &ada,
        &format!("PATCH {}", path(&membership)),
        change(json!(["dev"])),
    )
    .needs(&["roles"])
    .await
    .refuses([
        ("roles", json!("dev"), "array"),
        ("roles", json!(["r".repeat(33)]), "32"),
    ])
    .await;
}

#[tokio::test]
async fn roles_are_not_changed_by_a_member_not_even_ones_own() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = dock.key().invite("makers", &bob.email, &["dev"]).await;

    let message = bob
        .patch(&path(&membership))
        .json(&json!({ "roles": ["owner"] }))
        .refused(401)
        .await;

    assert_eq!(message, "User is not allowed to modify roles");
    assert_eq!(bob.get(&path(&membership)).ok(200).await["roles"], json!(["dev"]));
}

#[tokio::test]
async fn a_membership_that_is_none_is_404() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    ada.create_team("others").await;
    let list = ada.get("/v1/teams/others/memberships").ok(200).await;
    let foreign = id(&list["memberships"][0]).to_owned();
    for membership in [NOBODY, &foreign] {
        let path = format!("/v1/teams/makers/memberships/{membership}");
        for actor in [&*ada, &dock.key()] {
            actor.get(&path).refused(404).await;
            actor
                .patch(&path)
                .json(&json!({ "roles": ["dev"] }))
                .refused(404)
                .await;
            actor.delete(&path).refused(404).await;
        }
    }
    assert_eq!(ada.team_sum("others").await, 1);
}

#[tokio::test]
async fn members_are_listed_in_pages() {
    let dock = Dock::start().await;
    let key = dock.key();
    key.create_team("makers").await;
    let mut members = Vec::new();
    for name in ["carl", "ada", "bob"] {
        let membership = key
            .invite("makers", &format!("{name}@example.com"), &[name])
            .await;
        members.push(id(&membership).to_owned());
    }
    let [carl, ada, bob] = members.try_into().unwrap();
    for (query, expected) in [
        (String::new(), format!("{carl} {ada} {bob}")),
        ("limit=2".into(), format!("{carl} {ada}")),
        ("offset=2".into(), bob.clone()),
        ("orderType=DESC".into(), format!("{bob} {ada} {carl}")),
        (format!("cursor={carl}"), format!("{ada} {bob}")),
        (
            format!("cursor={bob}&cursorDirection=before&limit=1"),
            ada.clone(),
        ),
    ] {
        let list = key
            .get(&format!("/v1/teams/makers/memberships?{query}"))
            .ok(200)
            .await;
        let rows = list["memberships"].as_array().unwrap();
        let found: Vec<_> = rows.iter().map(id).collect();
        assert_eq!((found.join(" "), &list["sum"]), (expected, &json!(3)), "{query}");
    }
    for query in [
        "limit=101",
        "offset=5001",
        "orderType=UP",
        "cursorDirection=up",
        "cursor=nobody",
    ] {
        key.get(&format!("/v1/teams/makers/memberships?{query}"))
            .refused(400)
            .await;
    }
}

#[tokio::test]
async fn a_member_is_seen_by_other_members_with_name_and_address() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    console.join(&ada, "makers", &bob, &["dev"]).await;

    let list = bob.get("/v1/teams/makers/memberships").ok(200).await;

    let told: Vec<_> = list["memberships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["userId"].clone(), row["name"].clone(), row["email"].clone()))
        .collect();
    let one = |name: &str| (json!(name), json!(name), json!(format!("{name}@example.com")));
    assert_eq!(told, [one("ada"), one("bob")]);
}

#[tokio::test]
async fn an_owner_takes_a_member_out_and_the_role_with_it() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = console.join(&ada, "makers", &bob, &["dev"]).await;
    assert_eq!(bob.team_sum("makers").await, 2);

    ada.delete(&path(&membership)).ok(204).await;

    bob.get("/v1/teams/makers").refused(404).await;
    assert_eq!(ada.team_sum("makers").await, 1);
    assert_eq!(ada.get("/v1/teams/makers/memberships").ok(200).await["sum"], 1);
    ada.invite("makers", &bob.email, &["dev"]).await;
}

#[tokio::test]
async fn a_member_leaves() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = dock.key().invite("makers", &bob.email, &["dev"]).await;

    bob.delete(&path(&membership)).ok(204).await;

    assert_eq!(ada.team_sum("makers").await, 1);
}

#[tokio::test]
async fn a_member_does_not_take_others_out() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    dock.key().invite("makers", &bob.email, &["dev"]).await;
    let list = bob.get("/v1/teams/makers/memberships").ok(200).await;
    let adas = list["memberships"].as_array().unwrap();
    let adas = adas.iter().find(|row| row["userId"] == "ada").unwrap();

    bob.delete(&path(adas)).refused(401).await;

    assert_eq!(ada.team_sum("makers").await, 2);
}
