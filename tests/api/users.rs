//! Contract §10: the people of a project, as a server with a key sees them.

use drydock_tests::{Actor, Dock, Person};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::parameters::{Call, bad_emails, bad_ids, bad_names, bad_passwords};
use crate::{NOBODY, missing};

fn body(id: &str) -> Value {
    json!({
        "userId": id, "email": format!("{id}@Example.com"), "password": format!("password of {id}"), "name": id,
    })
}

async fn create(actor: &Actor, body: &Value) -> Value {
    actor.post("/v1/users").json(body).ok(201).await
}

/// The ids of a list in their order, and its sum.
fn ids(list: &Value) -> (String, i64) {
    let rows = list["users"].as_array().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row["$id"].as_str().unwrap()).collect();
    (ids.join(" "), list["sum"].as_i64().unwrap())
}

#[tokio::test]
async fn a_key_makes_a_person_who_can_sign_in() {
    let dock = Dock::start().await;

    let user = create(&dock.key(), &body("ada")).await;

    assert_json_snapshot!(user, { ".registration" => "[unix]", ".passwordUpdate" => "[unix]" }, @r#"
    {
      "$id": "ada",
      "email": "ada@example.com",
      "emailVerification": false,
      "name": "ada",
      "passwordUpdate": "[unix]",
      "prefs": {},
      "registration": "[unix]",
      "status": true
    }
    "#);
    assert_eq!(dock.key().get("/v1/users/ada").ok(200).await, user);
    Person::sign_in(&dock.guest(), "ada@example.com", "password of ada").await;
}

#[tokio::test]
async fn making_a_person_with_bad_parameters_names_them() {
    let dock = Dock::start().await;
    let key = dock.key();

    Call::new(&key, "POST /v1/users", body("ada"))
        .needs(&["userId", "email", "password"])
        .await
        .refuses(bad_ids("userId"))
        .await
        .refuses(bad_emails("email"))
        .await
        .refuses(bad_passwords("password"))
        .await
        .refuses(bad_names("name"))
        .await;

    assert_eq!(key.get("/v1/users").ok(200).await["sum"], 0);
}

#[tokio::test]
async fn an_address_or_an_id_in_use_is_409() {
    let dock = Dock::start().await;
    create(&dock.key(), &body("ada")).await;

    let mut same_address = body("other");
    same_address["email"] = "ADA@example.com".into();
    for same in [same_address, body("ada")] {
        dock.key().post("/v1/users").json(&same).refused(409).await;
    }
}

#[tokio::test]
async fn people_are_no_business_of_guests_members_and_keys_without_the_scope() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let may_read = dock.key_with(&["users.read"]).await;
    let may_write = dock.key_with(&["users.write"]).await;
    let reads = [
        ("GET", "/v1/users"),
        ("GET", "/v1/users/ada"),
        ("GET", "/v1/users/ada/prefs"),
        ("GET", "/v1/users/ada/sessions"),
        ("GET", "/v1/users/ada/logs"),
    ];
    let writes = [
        ("POST", "/v1/users"),
        ("DELETE", "/v1/users/ada"),
        ("PATCH", "/v1/users/ada/status"),
        ("PATCH", "/v1/users/ada/verification"),
        ("PATCH", "/v1/users/ada/name"),
        ("PATCH", "/v1/users/ada/email"),
        ("PATCH", "/v1/users/ada/password"),
        ("PATCH", "/v1/users/ada/prefs"),
        ("DELETE", "/v1/users/ada/sessions"),
        ("DELETE", "/v1/users/ada/sessions/any"),
    ];
    let denied = [
        (&reads[..], "users.read", &may_write),
        (&writes[..], "users.write", &may_read),
    ];
    for (calls, scope, other_key) in denied {
        for (method, path) in calls {
            assert_eq!(
                dock.guest().request(method, path).refused(401).await,
                missing(scope),
                "{method} {path}"
            );
            for actor in [&*ada, other_key] {
                let message = actor.request(method, path).refused(401).await;
                assert!(
                    message.ends_with(&format!("missing scope ({scope})")),
                    "{method} {path}: {message}"
                );
            }
        }
    }
    ada.account().await;
    may_read.get("/v1/users/ada").ok(200).await;
}

#[tokio::test]
async fn the_owner_of_the_machine_looks_after_people_too() {
    let dock = Dock::start().await;

    create(&dock.owner(), &body("ada")).await;

    assert_eq!(
        ids(&dock.owner().get("/v1/users").ok(200).await),
        ("ada".into(), 1)
    );
}

#[tokio::test]
async fn people_are_listed_in_the_order_in_which_they_came_page_by_page() {
    let dock = Dock::start().await;
    let key = dock.key();
    for id in ["dora", "ada", "carl", "bob"] {
        create(&key, &body(id)).await;
    }
    for (query, expected) in [
        ("", "dora ada carl bob"),
        ("limit=2", "dora ada"),
        ("limit=2&offset=1", "ada carl"),
        ("limit=0", ""),
        ("orderType=DESC", "bob carl ada dora"),
        ("cursor=ada", "carl bob"),
        ("cursor=carl&cursorDirection=before", "dora ada"),
        ("cursor=bob&cursorDirection=before&limit=1", "carl"),
        ("cursor=carl&orderType=DESC", "ada dora"),
    ] {
        let list = key.get(&format!("/v1/users?{query}")).ok(200).await;
        assert_eq!(ids(&list), (expected.into(), 4), "{query}");
    }
    let message = key.get("/v1/users?cursor=nobody").refused(400).await;
    assert!(message.contains("for the 'cursor' value not found."), "{message}");
    for (query, name) in [
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("offset=5001", "offset"),
        ("cursorDirection=up", "cursorDirection"),
        ("orderType=UP", "orderType"),
        (&*format!("search={}", "s".repeat(257)), "search"),
    ] {
        let message = key.get(&format!("/v1/users?{query}")).refused(400).await;
        assert!(message.starts_with(&format!("Invalid {name}: ")), "{message}");
    }
}

#[tokio::test]
async fn people_are_found_by_id_address_and_name() {
    let dock = Dock::start().await;
    let key = dock.key();
    for (id, email, name) in [
        ("ada-1", "ada.l@analytical.engine", "Ada Lovelace"),
        ("carl", "c.gauss@goettingen.edu", "Carl Friedrich Gauß"),
        ("emmy", "noether@goettingen.edu", "Emmy Noether"),
    ] {
        let user = json!({ "userId": id, "email": email, "password": "12345678", "name": name });
        create(&key, &user).await;
    }
    for (search, expected) in [
        ("ada-1", "ada-1"),
        ("carl", "carl"),
        ("lovelace", "ada-1"),
        ("FRIEDRICH", "carl"),
        ("gauß", "carl"),
        ("noether@goettingen.edu", "carl emmy"),
        ("ada.l@analytical.engine", "ada-1"),
        ("goettingen.edu", "carl emmy"),
        ("analytical", "ada-1"),
        ("emmy nobody", "emmy"),
        ("nobody", ""),
    ] {
        let list = key.get("/v1/users").query(&[("search", search)]).ok(200).await;
        let (found, _) = ids(&list);
        if search == "noether@goettingen.edu" || search == "ada.l@analytical.engine" {
            // Any word may match, so the row is among those that share one.
            assert!(
                found.contains(expected.rsplit(' ').next().unwrap()),
                "{search}: {found}"
            );
            continue;
        }
        assert_eq!(found, expected, "{search}");
    }
}

#[tokio::test]
async fn search_follows_a_changed_name_and_address() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    let sum = async |search: &str| {
        let list = key.get("/v1/users").query(&[("search", search)]).ok(200).await;
        list["sum"].as_i64().unwrap()
    };

    key.patch("/v1/users/ada/name")
        .json(&json!({ "name": "Countess" }))
        .ok(200)
        .await;
    key.patch("/v1/users/ada/email")
        .json(&json!({ "email": "byron@elsewhere.example" }))
        .ok(200)
        .await;

    assert_eq!(
        (sum("countess").await, sum("byron").await, sum("elsewhere").await),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn nobody_is_404_on_every_call_and_a_bad_id_400() {
    let dock = Dock::start().await;
    let key = dock.key();
    let calls = [
        ("GET", "", json!({})),
        ("DELETE", "", json!({})),
        ("GET", "/prefs", json!({})),
        ("GET", "/sessions", json!({})),
        ("DELETE", "/sessions", json!({})),
        ("DELETE", "/sessions/any", json!({})),
        ("GET", "/logs", json!({})),
        ("PATCH", "/status", json!({ "status": false })),
        ("PATCH", "/verification", json!({ "emailVerification": true })),
        ("PATCH", "/name", json!({ "name": "n" })),
        ("PATCH", "/email", json!({ "email": "a@b.example" })),
        ("PATCH", "/password", json!({ "password": "12345678" })),
        ("PATCH", "/prefs", json!({ "prefs": {} })),
    ];
    for (method, rest, body) in calls {
        let path = format!("/v1/users/{NOBODY}{rest}");
        let message = key.request(method, &path).json(&body).refused(404).await;
        assert_eq!(message, "User not found", "{method} {path}");
        let path = format!("/v1/users/-x{rest}");
        let message = key.request(method, &path).json(&body).refused(400).await;
        assert!(
            message.starts_with("Invalid userId: "),
            "{method} {path}: {message}"
        );
    }
}

#[tokio::test]
async fn a_deleted_person_is_gone_the_address_free_and_the_id_taken() {
    let dock = Dock::start().await;
    let key = dock.key();
    let ada = dock.sign_up("ada").await;
    key.create_team("t").await;
    key.invite("t", &ada.email, &["dev"]).await;
    assert_eq!(key.team_sum("t").await, 1);

    key.delete("/v1/users/ada").ok(204).await;

    assert_eq!(key.get("/v1/users/ada").refused(404).await, "User not found");
    assert_eq!(key.delete("/v1/users/ada").refused(404).await, "User not found");
    assert_eq!(key.get("/v1/users").ok(200).await["sum"], 0);
    assert_eq!(ada.get("/v1/account").refused(401).await, missing("account"));
    assert_eq!(key.team_sum("t").await, 0);
    assert_eq!(key.get("/v1/teams/t/memberships").ok(200).await["sum"], 0);
    let again = |id: &str| {
        let body = json!({ "userId": id, "email": "ada@example.com", "password": "12345678" });
        key.post("/v1/users").json(&body)
    };
    again("ada").refused(409).await;
    again("ada2").ok(201).await;
}

#[tokio::test]
async fn a_deleted_person_who_had_not_confirmed_leaves_the_sum_alone() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("t").await;
    ada.invite("t", &bob.email, &[]).await;

    dock.key().delete("/v1/users/bob").ok(204).await;

    assert_eq!(ada.team_sum("t").await, 1);
    assert_eq!(ada.get("/v1/teams/t/memberships").ok(200).await["sum"], 1);
}
