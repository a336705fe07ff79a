//! Many requests at once: what must be counted or unique stays so. Contract §7, §10.

use drydock_tests::{Answer, Dock, Request};
use serde_json::json;

use crate::NOBODY;

/// Sends all of them at once and returns their statuses, sorted.
async fn statuses(requests: Vec<Request>) -> Vec<u16> {
    let sent: Vec<_> = requests
        .into_iter()
        .map(|request| tokio::spawn(request.send()))
        .collect();
    let mut statuses = Vec::new();
    for answer in sent {
        let Answer { status, .. } = answer.await.unwrap();
        statuses.push(status);
    }
    statuses.sort_unstable();
    statuses
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|found| **found == status).count()
}

fn sign_up(dock: &Dock, email: &str) -> Request {
    let body = json!({ "userId": "unique()", "email": email, "password": "12345678" });
    dock.guest().post("/v1/account").json(&body)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_is_taken_once() {
    let dock = Dock::unlimited().start().await;
    let requests = ["ada@example.com", "ADA@example.com"].repeat(6);

    let statuses = statuses(requests.into_iter().map(|email| sign_up(&dock, email)).collect()).await;

    assert_eq!(
        (count(&statuses, 201), count(&statuses, 409)),
        (1, 11),
        "{statuses:?}"
    );
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_has_never_more_people_than_its_limit() {
    let dock = Dock::unlimited().start().await;
    dock.console_owner()
        .patch(&dock.home().path("auth/limit"))
        .json(&json!({ "limit": 3 }))
        .ok(200)
        .await;

    let requests = (0..12).map(|number| sign_up(&dock, &format!("{number}@example.com")));
    let statuses = statuses(requests.collect()).await;

    assert_eq!(
        (count(&statuses, 201), count(&statuses, 501)),
        (3, 9),
        "{statuses:?}"
    );
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_counts_each_of_many_calls_at_once() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let path = format!("/v1/functions/{NOBODY}/executions");

    let statuses = statuses((0..100).map(|_| ada.post(&path)).collect()).await;

    assert_eq!(
        (count(&statuses, 404), count(&statuses, 429)),
        (60, 40),
        "{statuses:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_a_password_are_counted_before_they_are_checked() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;
    let body = json!({ "email": "ada@example.com", "password": "a guess of many" });
    let guess = || dock.guest().post("/v1/account/sessions").json(&body);

    let statuses = statuses((0..30).map(|_| guess()).collect()).await;

    // She signed in once before.
    assert_eq!(
        (count(&statuses, 401), count(&statuses, 429)),
        (9, 21),
        "{statuses:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_becomes_a_member_once() {
    let dock = Dock::start().await;
    let key = dock.key();
    dock.sign_up("ada").await;
    key.create_team("makers").await;
    for email in ["ada@example.com", "new@example.com"] {
        let requests = (0..10).map(|_| key.invitation("makers", email, &["dev"]));
        let statuses = statuses(requests.collect()).await;
        assert_eq!(
            (count(&statuses, 201), count(&statuses, 409)),
            (1, 9),
            "{statuses:?}"
        );
    }
    assert_eq!(key.team_sum("makers").await, 2);
    assert_eq!(key.get("/v1/users").ok(200).await["sum"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_counts_all_who_come_and_go_at_once() {
    let dock = Dock::start().await;
    let key = dock.key();
    key.create_team("makers").await;
    let come = (0..10).map(|number| key.invitation("makers", &format!("{number}@example.com"), &[]));
    assert_eq!(count(&statuses(come.collect()).await, 201), 10);
    assert_eq!(key.team_sum("makers").await, 10);

    let list = key.get("/v1/teams/makers/memberships").ok(200).await;
    let leave = list["memberships"].as_array().unwrap()[..4]
        .iter()
        .flat_map(|row| {
            let path = format!("/v1/teams/makers/memberships/{}", row["$id"].as_str().unwrap());
            [key.delete(&path), key.delete(&path)]
        });
    let statuses = statuses(leave.collect()).await;

    assert_eq!(
        (count(&statuses, 204), count(&statuses, 404)),
        (4, 4),
        "{statuses:?}"
    );
    assert_eq!(key.team_sum("makers").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_once_however_often_its_link_is_opened() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    let membership = ada.invite("makers", "new@example.com", &[]).await;
    let invitation = console.invitation("default", &membership).await;

    statuses((0..6).map(|_| invitation.accept(&dock.guest())).collect()).await;

    assert_eq!(ada.team_sum("makers").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_open_nothing_while_others_are_being_ended() {
    let dock = Dock::unlimited().start().await;
    let ada = dock.sign_up("ada").await;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(ada.again().await);
    }

    let requests = sessions
        .iter()
        .map(|session| session.delete("/v1/account/sessions/current"));
    assert_eq!(count(&statuses(requests.collect()).await, 204), 8);

    for session in &sessions {
        session.get("/v1/account").refused(401).await;
    }
    assert_eq!(ada.get("/v1/account/sessions").ok(200).await["sum"], 1);
}
