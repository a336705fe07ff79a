//! Many requests at once: what must be counted or unique stays so. Contract §7, §10.

use drydock_tests::{Answer, Dock, Draft, Request};
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
async fn what_was_answered_as_changed_is_what_is_read_from_then_on() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("true")).await;
    let path = format!("/v1/functions/{}", function.id);
    // Others read it all the time, so that it is remembered at every moment of a change.
    let (done, is_done) = tokio::sync::watch::channel(false);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (key, path, is_done) = (dock.key(), path.clone(), is_done.clone());
            tokio::spawn(async move {
                while !*is_done.borrow() {
                    let status = key.get(&path).send().await.status;
                    assert!(matches!(status, 200 | 404), "{status}");
                }
            })
        })
        .collect();

    for number in 0..100 {
        let change = json!({ "name": format!("name {number}"), "timeout": 15 });
        dock.key().put(&path).json(&change).ok(200).await;
        assert_eq!(dock.key().get(&path).ok(200).await["name"], change["name"]);
    }
    dock.key().delete(&path).ok(204).await;
    dock.key().get(&path).refused(404).await;

    done.send(true).unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
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

/// Keeps the threads that check passwords busy, so that what comes next waits its turn.
fn crowd(dock: &Dock) -> Vec<tokio::task::JoinHandle<Answer>> {
    let guess = |number| {
        let body = json!({ "email": format!("{number}@example.com"), "password": "a guess of many" });
        tokio::spawn(dock.guest().post("/v1/account/sessions").json(&body).send())
    };
    (0..40).map(guess).collect()
}

async fn sign_in(dock: &Dock, password: &str) -> u16 {
    let body = json!({ "email": "ada@example.com", "password": password });
    let answer = dock.guest().post("/v1/account/sessions").json(&body).send();
    answer.await.status
}

/// A key gives Ada another password and signs her out everywhere.
async fn reset(dock: &Dock) {
    let key = dock.key();
    let body = json!({ "password": "reset by the admin" });
    key.patch("/v1/users/ada/password").json(&body).ok(200).await;
    key.delete("/v1/users/ada/sessions").ok(204).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_reset_stays_reset_whatever_an_old_session_asks_meanwhile() {
    let dock = Dock::unlimited().start().await;
    let ada = dock.sign_up("ada").await;
    let crowd = crowd(&dock);
    let attack = json!({ "password": "of an attacker", "oldPassword": "password of ada" });
    let attack = tokio::spawn(ada.patch("/v1/account/password").json(&attack).send());

    reset(&dock).await;

    attack.await.unwrap();
    for waiting in crowd {
        waiting.await.unwrap();
    }
    assert_eq!(sign_in(&dock, "of an attacker").await, 401);
    assert_eq!(sign_in(&dock, "reset by the admin").await, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_with_an_old_password_while_it_is_reset_has_no_session_afterwards() {
    let dock = Dock::unlimited().start().await;
    dock.sign_up("ada").await;
    let crowd = crowd(&dock);
    let late: Vec<_> = (0..8)
        .map(|_| {
            let body = json!({ "email": "ada@example.com", "password": "password of ada" });
            tokio::spawn(dock.guest().post("/v1/account/sessions").json(&body).send())
        })
        .collect();

    reset(&dock).await;

    for sent in late.into_iter().chain(crowd) {
        sent.await.unwrap();
    }
    let sessions = dock.key().get("/v1/users/ada/sessions").ok(200).await;
    assert_eq!(sessions["sum"], 0, "{sessions}");
}
