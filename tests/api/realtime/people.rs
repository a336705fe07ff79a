//! Who hears of teams, memberships and accounts.

use drydock_tests::Dock;
use serde_json::{Value, json};

#[tokio::test]
async fn a_user_hears_of_their_own_account_and_of_no_other() {
    let dock = Dock::unlimited().start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let mut listener = dock.listen(Some(&ada), &["account"]).await;
    let mut of_bob = dock.listen(Some(&bob), &["account", "account.ada"]).await;

    let renamed = ada
        .patch("/v1/account/name")
        .json(&json!({ "name": "Ada L." }))
        .ok(200)
        .await;
    let event = listener.event().await;
    assert_eq!(event["event"], "account.update.name");
    assert_eq!(event["channels"], json!(["account", "account.ada"]));
    assert_eq!(event["payload"], renamed);

    bob.patch("/v1/account/name")
        .json(&json!({ "name": "B" }))
        .ok(200)
        .await;
    assert_eq!(of_bob.event().await["payload"]["name"], "B");
    // A session that begins elsewhere is told where they are signed in already.
    ada.again().await;
    let event = listener.event().await;
    assert_eq!(event["event"], "account.sessions.create");
    assert_eq!(event["payload"]["userId"], "ada");
}

#[tokio::test]
async fn members_hear_of_their_team_from_when_they_are_in_until_they_are_out() {
    let dock = Dock::unlimited().start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let mut of_ada = dock.listen(Some(&ada), &["teams", "memberships"]).await;
    let mut of_bob = dock.listen(Some(&bob), &["teams", "memberships"]).await;

    // Who makes a team belongs to it by the time of the event.
    ada.create_team("makers").await;
    let event = of_ada.event().await;
    assert_eq!(
        (&event["event"], &event["payload"]["$id"]),
        (&"teams.create".into(), &"makers".into())
    );
    assert_eq!(event["channels"], json!(["teams", "teams.makers"]));

    let rename = async |name: &str| {
        let body = json!({ "name": name });
        ada.put("/v1/teams/makers").json(&body).ok(200).await
    };
    rename("One").await;
    assert_eq!(of_ada.event().await["payload"]["name"], "One");

    // A key takes bob in at once: he hears of his own place first, since all before was not for him.
    let invite = json!({ "email": "bob@example.com", "roles": ["r"], "url": "http://localhost/" });
    let member: Value = dock
        .key()
        .post("/v1/teams/makers/memberships")
        .json(&invite)
        .ok(201)
        .await;
    for listener in [&mut of_ada, &mut of_bob] {
        let event = listener.event().await;
        assert_eq!(event["event"], "teams.memberships.create");
        assert_eq!(event["payload"], member);
    }
    rename("Two").await;
    for listener in [&mut of_ada, &mut of_bob] {
        assert_eq!(listener.event().await["payload"]["name"], "Two");
    }

    // He is told that he is out, and nothing after that.
    let path = format!("/v1/teams/makers/memberships/{}", member["$id"].as_str().unwrap());
    ada.delete(&path).ok(204).await;
    assert_eq!(of_bob.event().await["event"], "teams.memberships.delete");
    rename("Three").await;
    bob.create_team("others").await;
    assert_eq!(of_bob.event().await["payload"]["$id"], "others");
    assert_eq!(of_ada.event().await["event"], "teams.memberships.delete");
    assert_eq!(of_ada.event().await["payload"]["name"], "Three");

    // The end of a team is told to those who were in it.
    ada.delete("/v1/teams/makers").ok(204).await;
    let event = of_ada.event().await;
    assert_eq!(
        (&event["event"], &event["payload"]["name"]),
        (&"teams.delete".into(), &"Three".into())
    );
}

#[tokio::test]
async fn who_loses_a_role_hears_of_it_whatever_else_happens_meanwhile() {
    let dock = Dock::unlimited().start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let mut of_ada = dock.listen(Some(&ada), &["teams"]).await;
    // Others come and go all the time, so that roles are read over and over, also between a deletion and its event.
    let others = async {
        loop {
            bob.create_team("others").await;
            bob.delete("/v1/teams/others").ok(204).await;
        }
    };
    let told = async {
        for round in 0..50 {
            let team = format!("makers{round}");
            ada.create_team(&team).await;
            ada.delete(&format!("/v1/teams/{team}")).ok(204).await;
            for name in ["teams.create", "teams.delete"] {
                let event = of_ada.event().await;
                assert_eq!(event["event"], name);
                assert_eq!(event["payload"]["$id"], team);
            }
        }
    };
    tokio::select! {
        () = told => {}
        () = others => {}
    }
}

#[tokio::test]
async fn an_event_that_is_emitted_by_hand_is_told_too() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    let mut listener = dock.listen(Some(&ada), &["teams.makers"]).await;
    let payload = json!({ "$id": "makers", "name": "by hand" }).to_string();
    let body = json!({ "name": "teams.update", "payload": payload });
    let path = "/console/api/projects/default/events";
    dock.owner()
        .post(path)
        .json(&body)
        .send_unchecked()
        .await
        .expect_status(201);
    assert_eq!(listener.event().await["payload"]["name"], "by hand");
}
