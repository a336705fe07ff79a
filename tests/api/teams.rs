//! Contract §10: teams: who makes them, sees them, changes them.

use drydock_tests::{Actor, Dock};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::parameters::{Call, bad_ids, bad_names};
use crate::{NOBODY, kept_out, missing};

fn body() -> Value {
    json!({ "teamId": "makers", "name": "Makers" })
}

/// The ids of a list in their order, and its sum.
async fn ids(actor: &Actor, query: &str) -> (String, i64) {
    let list = actor.get(&format!("/v1/teams?{query}")).ok(200).await;
    let rows = list["teams"].as_array().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row["$id"].as_str().unwrap()).collect();
    (ids.join(" "), list["sum"].as_i64().unwrap())
}

#[tokio::test]
async fn a_person_who_makes_a_team_is_its_confirmed_owner() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let team = ada.post("/v1/teams").json(&body()).ok(201).await;

    assert_json_snapshot!(team, { ".dateCreated" => "[unix]" }, @r#"
    {
      "$id": "makers",
      "dateCreated": "[unix]",
      "name": "Makers",
      "sum": 1
    }
    "#);
    assert_eq!(ada.get("/v1/teams/makers").ok(200).await, team);
    let list = ada.get("/v1/teams/makers/memberships").ok(200).await;
    assert_json_snapshot!(list, {
        ".memberships[][\"$id\"]" => "[id]", ".memberships[].invited" => "[unix]", ".memberships[].joined" => "[unix]"
    }, @r#"
    {
      "memberships": [
        {
          "$id": "[id]",
          "confirm": true,
          "email": "ada@example.com",
          "invited": "[unix]",
          "joined": "[unix]",
          "name": "ada",
          "roles": [
            "owner"
          ],
          "teamId": "makers",
          "userId": "ada"
        }
      ],
      "sum": 1
    }
    "#);
}

#[tokio::test]
async fn a_person_may_give_themselves_other_roles() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let mut body = body();
    body["roles"] = json!(["owner", "chief"]);

    ada.post("/v1/teams").json(&body).ok(201).await;

    let list = ada.get("/v1/teams/makers/memberships").ok(200).await;
    assert_eq!(list["memberships"][0]["roles"], json!(["owner", "chief"]));
}

#[tokio::test]
async fn a_team_made_by_a_key_has_no_members() {
    let dock = Dock::start().await;

    let team = dock.key().post("/v1/teams").json(&body()).ok(201).await;

    assert_eq!(team["sum"], 0);
    let list = dock.key().get("/v1/teams/makers/memberships").ok(200).await;
    assert_eq!(list, json!({ "memberships": [], "sum": 0 }));
}

#[tokio::test]
async fn making_a_team_with_bad_parameters_names_them() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for actor in [&*ada, &dock.key()] {
        Call::new(actor, "POST /v1/teams", body())
            .needs(&["teamId", "name"])
            .await
            .refuses(bad_ids("teamId"))
            .await
            .refuses(bad_names("name"))
            .await
            .refuses([
                ("roles", json!("owner"), "array"),
                ("roles", json!(["r".repeat(33)]), "32"),
                ("roles", json!([["owner"]]), ""),
            ])
            .await;
    }
    assert_eq!(ids(&dock.key(), "").await, (String::new(), 0));
}

#[tokio::test]
async fn an_id_in_use_is_409() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;

    for actor in [&*ada, &*bob, &dock.key()] {
        actor.post("/v1/teams").json(&body()).refused(409).await;
    }

    assert_eq!(ada.team_sum("makers").await, 1);
}

#[tokio::test]
async fn teams_are_no_business_of_guests_and_keys_without_the_scope() {
    let dock = Dock::start().await;
    let other = dock.key_with(&["users.read"]).await;
    for (method, path, scope) in [
        ("GET", "/v1/teams", "teams.read"),
        ("GET", "/v1/teams/t", "teams.read"),
        ("GET", "/v1/teams/t/memberships", "teams.read"),
        ("GET", "/v1/teams/t/memberships/m", "teams.read"),
        ("POST", "/v1/teams", "teams.write"),
        ("PUT", "/v1/teams/t", "teams.write"),
        ("DELETE", "/v1/teams/t", "teams.write"),
        ("POST", "/v1/teams/t/memberships", "teams.write"),
        ("PATCH", "/v1/teams/t/memberships/m", "teams.write"),
        ("DELETE", "/v1/teams/t/memberships/m", "teams.write"),
    ] {
        assert_eq!(
            dock.guest().request(method, path).refused(401).await,
            missing(scope)
        );
        let message = other.request(method, path).refused(401).await;
        assert!(
            message.ends_with(&format!("missing scope ({scope})")),
            "{method} {path}: {message}"
        );
    }
}

#[tokio::test]
async fn people_see_their_own_teams_and_a_key_sees_all() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("one").await;
    bob.create_team("two").await;
    ada.create_team("three").await;
    dock.key().create_team("four").await;

    assert_eq!(ids(&ada, "").await, ("one three".into(), 2));
    assert_eq!(ids(&bob, "").await, ("two".into(), 1));
    assert_eq!(ids(&dock.key(), "").await, ("one two three four".into(), 4));
    assert_eq!(ids(&dock.owner(), "").await, ("one two three four".into(), 4));
    assert_eq!(ids(&ada, "search=team&limit=1").await, ("one".into(), 2));
    assert_eq!(ids(&ada, "search=two").await, (String::new(), 0));
    ada.get("/v1/teams?cursor=two").refused(400).await;
}

#[tokio::test]
async fn a_team_of_others_is_404_as_if_it_were_not_there() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = ada.get("/v1/teams/makers/memberships").ok(200).await;
    let membership = membership["memberships"][0]["$id"].as_str().unwrap();

    for team in ["makers", NOBODY] {
        for path in [
            format!("/v1/teams/{team}"),
            format!("/v1/teams/{team}/memberships"),
            format!("/v1/teams/{team}/memberships/{membership}"),
        ] {
            assert_eq!(bob.get(&path).refused(404).await, "Team not found", "{path}");
        }
    }
    let message = ada.get("/v1/teams/-x").refused(400).await;
    assert!(message.starts_with("Invalid teamId: "), "{message}");
}

#[tokio::test]
async fn teams_come_in_pages_and_are_found_by_id_and_name() {
    let dock = Dock::start().await;
    let key = dock.key();
    for (id, name) in [
        ("b-1", "Builders of boats"),
        ("a-1", "Astronomers"),
        ("c-1", "Boats, and who likes them"),
    ] {
        let body = json!({ "teamId": id, "name": name });
        key.post("/v1/teams").json(&body).ok(201).await;
    }
    for (query, expected, sum) in [
        ("", "b-1 a-1 c-1", 3),
        ("limit=1", "b-1", 3),
        ("limit=1&offset=1", "a-1", 3),
        ("orderType=DESC", "c-1 a-1 b-1", 3),
        ("cursor=b-1", "a-1 c-1", 3),
        ("cursor=c-1&cursorDirection=before&limit=1", "a-1", 3),
        ("search=boats", "b-1 c-1", 2),
        ("search=ASTRONOMERS", "a-1", 1),
        ("search=nothing", "", 0),
    ] {
        assert_eq!(ids(&key, query).await, (expected.into(), sum), "{query}");
    }
    assert!(ids(&key, "search=a-1").await.0.contains("a-1"));
    for query in [
        "limit=101",
        "offset=5001",
        "orderType=UP",
        "cursorDirection=up",
        "cursor=nobody",
    ] {
        key.get(&format!("/v1/teams?{query}")).refused(400).await;
    }
}

#[tokio::test]
async fn an_owner_renames_the_team_and_so_does_a_key() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    for actor in [&*ada, &dock.key(), &dock.owner()] {
        for name in ["First", "Größe"] {
            let team = actor
                .put("/v1/teams/makers")
                .json(&json!({ "name": name }))
                .ok(200)
                .await;
            assert_eq!((&team["name"], &team["sum"]), (&json!(name), &json!(1)));
        }
    }
    assert_eq!(ids(&ada, "search=größe").await, ("makers".into(), 1));
    Call::new(&ada, "PUT /v1/teams/makers", json!({ "name": "n" }))
        .needs(&["name"])
        .await
        .refuses(bad_names("name"))
        .await;
}

#[tokio::test]
async fn a_member_who_is_no_owner_changes_nothing() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    // A role that is almost the owner's is another one.
    dock.key()
        .invite("makers", &bob.email, &["owners", "Owner", "dev"])
        .await;

    bob.put("/v1/teams/makers")
        .json(&json!({ "name": "Bob's" }))
        .refused(401)
        .await;
    bob.delete("/v1/teams/makers").refused(401).await;

    assert_eq!(bob.get("/v1/teams/makers").ok(200).await["name"], "Team makers");
}

#[tokio::test]
async fn who_is_in_no_team_cannot_change_it() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;

    kept_out(bob.put("/v1/teams/makers").json(&json!({ "name": "Bob's" }))).await;
    kept_out(bob.delete("/v1/teams/makers")).await;

    assert_eq!(ada.get("/v1/teams/makers").ok(200).await["name"], "Team makers");
}

#[tokio::test]
async fn a_deleted_team_is_gone_with_its_memberships() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;

    ada.delete("/v1/teams/makers").ok(204).await;

    assert_eq!(
        dock.key().get("/v1/teams/makers").refused(404).await,
        "Team not found"
    );
    assert_eq!(
        dock.key().delete("/v1/teams/makers").refused(404).await,
        "Team not found"
    );
    dock.key().get("/v1/teams/makers/memberships").refused(404).await;
    assert_eq!(ids(&ada, "").await, (String::new(), 0));
    // Whoever makes a team of that id again finds nobody in it.
    dock.key().create_team("makers").await;
    assert_eq!(dock.key().team_sum("makers").await, 0);
    ada.get("/v1/teams/makers").refused(404).await;
}

#[tokio::test]
async fn teams_are_made_by_a_form_too() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    ada.post("/v1/teams")
        .form("teamId=t&name=Two+words&roles[]=owner&roles[]=dev")
        .ok(201)
        .await;

    let list = ada.get("/v1/teams/t/memberships").ok(200).await;
    assert_eq!(list["memberships"][0]["roles"], json!(["owner", "dev"]));
}
