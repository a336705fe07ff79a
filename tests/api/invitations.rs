//! Contract §10: how a person invites another into a team, and how the link confirms it.

use drydock_tests::{Dock, Invitation, Person, decoded_cookie};
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
    let accept = |change: &dyn Fn(&mut Invitation)| {
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

    // Whoever is signed in stays who they are.
    right.accept(&ada).refused(401).await;
    right.accept(&bob).ok(200).await;
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
