//! Contract §10: how people come into a team, what they may do there, how they leave.

use drydock_tests::{Dock, Person, decoded_cookie};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::parameters::{Call, bad_emails, bad_names};
use crate::{NOBODY, kept_out};

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
async fn an_invitation_waits_and_its_link_is_in_the_console() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;

    let membership = ada.invite("makers", &bob.email, &["dev"]).await;
    let invitation = console.invitation("default", &membership).await;

    assert_eq!(
        (&membership["confirm"], &membership["joined"]),
        (&json!(false), &json!(0)),
        "{membership}"
    );
    assert_eq!(
        (&*invitation.team, &*invitation.membership, &*invitation.user),
        ("makers", id(&membership), "bob")
    );
    assert_eq!(invitation.page, "http://localhost:3000/join");
    assert!(
        invitation.query.contains(&("from".into(), "mail".into())),
        "{invitation:?}"
    );
    assert_eq!(ada.team_sum("makers").await, 1, "who waits does not count");
    assert_eq!(ada.get(&path(&membership)).ok(200).await, membership);
}

#[tokio::test]
async fn who_waits_for_confirmation_is_no_member_yet() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;

    let membership = ada.invite("makers", &bob.email, &["owner"]).await;

    bob.get("/v1/teams/makers").refused(404).await;
    bob.get(&path(&membership)).refused(404).await;
    assert_eq!(bob.get("/v1/teams").ok(200).await["sum"], 0);
    kept_out(bob.invitation("makers", "carl@example.com", &[])).await;
}

#[tokio::test]
async fn the_link_confirms_signs_in_and_verifies_the_address() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    let membership = ada.invite("makers", "new@example.com", &["dev"]).await;
    let invitation = console.invitation("default", &membership).await;

    let answer = invitation.accept(&dock.guest()).send().await;

    answer.expect_status(200);
    let confirmed = answer.json();
    assert_eq!(
        (&confirmed["$id"], &confirmed["confirm"]),
        (&membership["$id"], &json!(true))
    );
    assert!(
        confirmed["joined"]
            .as_i64()
            .is_some_and(|unix| unix > 1_600_000_000)
    );
    assert_eq!(confirmed["roles"], json!(["dev"]));
    assert_eq!(ada.team_sum("makers").await, 2);

    let (main, legacy) = (
        answer.cookie("a_session_default"),
        answer.cookie("a_session_default_legacy"),
    );
    assert_eq!(main.value, legacy.value);
    assert_eq!(answer.fallback_cookies()["a_session_default"], main.value);
    assert_eq!(decoded_cookie(&main.value)["id"], membership["userId"]);
    let page = dock.guest().header("cookie", &main.pair());
    let account = page.get("/v1/account").ok(200).await;
    assert_eq!(account["emailVerification"], true);
    assert_eq!(page.team_sum("makers").await, 2);
}

#[tokio::test]
async fn who_came_by_a_link_chooses_a_password_without_an_old_one() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    let membership = ada.invite("makers", "new@example.com", &[]).await;
    let invitation = console.invitation("default", &membership).await;
    let answer = invitation.accept(&dock.guest()).send().await;
    let page = dock
        .guest()
        .header("cookie", &answer.cookie("a_session_default").pair());

    let user = page
        .patch("/v1/account/password")
        .json(&json!({ "password": "a first password" }))
        .ok(200)
        .await;

    assert!(
        user["passwordUpdate"]
            .as_i64()
            .is_some_and(|unix| unix > 1_600_000_000),
        "{user}"
    );
    Person::sign_in(&dock.guest(), "new@example.com", "a first password").await;
    // From now on there is an old one.
    page.patch("/v1/account/password")
        .json(&json!({ "password": "a second password" }))
        .refused(401)
        .await;
}

#[tokio::test]
async fn a_wrong_secret_or_person_is_401_and_a_wrong_team_404() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    ada.create_team("others").await;
    let membership = ada.invite("makers", &bob.email, &["dev"]).await;
    let right = console.invitation("default", &membership).await;
    let accept = |change: &dyn Fn(&mut drydock_tests::Invitation)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        wrong.accept(&dock.guest())
    };

    accept(&|link| link.secret = "0".repeat(link.secret.len()))
        .refused(401)
        .await;
    accept(&|link| link.secret.truncate(10)).refused(401).await;
    accept(&|link| link.user = "ada".into()).refused(401).await;
    accept(&|link| link.user = NOBODY.into()).refused(401).await;
    for team in ["others", NOBODY] {
        accept(&|link| link.team = team.into()).refused(404).await;
    }
    accept(&|link| link.membership = NOBODY.into()).refused(404).await;
    assert_eq!(ada.get(&path(&membership)).ok(200).await["confirm"], false);

    right.accept(&dock.guest()).ok(200).await;
}

#[tokio::test]
async fn a_link_with_bad_parameters_names_them() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = ada.invite("makers", &bob.email, &[]).await;
    let invitation = console.invitation("default", &membership).await;
    let call = format!("PATCH {}/status", path(&membership));
    let body = json!({ "userId": invitation.user, "secret": invitation.secret });

    Call::new(&dock.guest(), &call, body)
        .needs(&["userId", "secret"])
        .await
        .refuses([
            ("userId", json!("-x"), ""),
            ("userId", json!(["bob"]), ""),
            ("secret", json!(["0"]), ""),
        ])
        .await;
}

#[tokio::test]
async fn a_key_cannot_follow_a_link() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = ada.invite("makers", &bob.email, &[]).await;
    let invitation = console.invitation("default", &membership).await;

    let message = invitation.accept(&dock.key()).refused(401).await;

    assert!(message.ends_with("missing scope (public)"), "{message}");
}

#[tokio::test]
async fn a_confirmed_invitation_shows_no_link_any_more() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;

    console.join(&ada, "makers", &bob, &["dev"]).await;

    let links = console.invitations("default", "makers").await;
    assert!(links.is_empty(), "{links:?}");
}

#[tokio::test]
async fn only_an_owner_sends_invitations() {
    let dock = Dock::start().await;
    let (ada, bob, carl) = (
        dock.sign_up("ada").await,
        dock.sign_up("bob").await,
        dock.sign_up("carl").await,
    );
    ada.create_team("makers").await;
    dock.key().invite("makers", &bob.email, &["dev"]).await;

    let message = bob.invitation("makers", &carl.email, &[]).refused(401).await;

    assert_eq!(message, "User is not allowed to send invitations for this team");
    kept_out(carl.invitation("makers", &carl.email, &[])).await;
    assert_eq!(ada.get("/v1/teams/makers/memberships").ok(200).await["sum"], 2);
}

#[tokio::test]
async fn somebody_is_invited_once() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    ada.invite("makers", &bob.email, &["dev"]).await;

    ada.invitation("makers", "BOB@example.com", &["ops"])
        .refused(409)
        .await;
    dock.key()
        .invitation("makers", &bob.email, &[])
        .refused(409)
        .await;
    ada.invitation("makers", &ada.email, &[]).refused(409).await;

    assert_eq!(ada.get("/v1/teams/makers/memberships").ok(200).await["sum"], 2);
}

#[tokio::test]
async fn an_invitation_with_bad_parameters_names_them() {
    let dock = Dock::unlimited().start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    let body = json!({ "email": "new@example.com", "roles": ["dev"], "url": "http://localhost:3000/x" });
    for actor in [&*ada, &dock.key()] {
        Call::new(actor, "POST /v1/teams/makers/memberships", body.clone())
            .needs(&["email", "roles", "url"])
            .await
            .refuses(bad_emails("email"))
            .await
            .refuses(bad_names("name"))
            .await
            .refuses([
                ("roles", json!("dev"), "array"),
                ("roles", json!({ "dev": true }), ""),
                ("roles", json!(["r".repeat(33)]), "32"),
                ("roles", json!([["dev"]]), ""),
                ("url", json!("nonsense"), ""),
                ("url", json!("http://"), ""),
                ("url", json!("https://evil.example/x"), ""),
                ("url", json!("https://localhost.evil.example/x"), ""),
                ("url", json!("https://localhost@evil.example/x"), ""),
                ("url", json!("javascript:alert(1)"), ""),
            ])
            .await;
    }
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 1);
}

#[tokio::test]
async fn an_invitation_to_no_team_is_404() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    let message = dock
        .key()
        .invitation(NOBODY, "ada@example.com", &[])
        .refused(404)
        .await;

    assert_eq!(message, "Team not found");
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

#[tokio::test]
async fn an_invitation_taken_back_leaves_the_sum_and_its_link_is_worth_nothing() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = ada.invite("makers", &bob.email, &["dev"]).await;
    let invitation = console.invitation("default", &membership).await;

    ada.delete(&path(&membership)).ok(204).await;

    assert_eq!(ada.team_sum("makers").await, 1);
    invitation.accept(&dock.guest()).refused(404).await;
}

#[tokio::test]
async fn a_role_counts_from_the_confirmation_on() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.create_team("makers").await;
    let membership = ada.invite("makers", &bob.email, &["owner"]).await;
    let invitation = console.invitation("default", &membership).await;
    let rename = || bob.put("/v1/teams/makers").json(&json!({ "name": "Bob's" }));

    kept_out(rename()).await;
    invitation.accept(&dock.guest()).ok(200).await;
    // The session that was there before has the role too.
    rename().ok(200).await;
}
