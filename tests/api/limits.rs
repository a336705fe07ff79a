//! Contract §7 and the rate limits of the API documents: how often, counted by what, and who is exempt.

use drydock_tests::{Actor, Answer, Clock, Dock, Draft};
use serde_json::json;

use crate::NOBODY;

fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64
}

/// Limit, what remains of it, and when the window ends.
fn told(answer: &Answer) -> (i64, i64, i64) {
    let number = |name: &str| {
        let text = answer.header(name);
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is {text:?} in {answer}"))
    };
    (
        number("x-ratelimit-limit"),
        number("x-ratelimit-remaining"),
        number("x-ratelimit-reset"),
    )
}

/// Calls a function that has no code: it is counted like any other and costs nothing.
async fn call(actor: &Actor, function: &str) -> Answer {
    let path = format!("/v1/functions/{function}/executions");
    actor.post(&path).send().await
}

/// Makes so many calls, none of which may be refused for their number.
async fn calls(actor: &Actor, function: &str, count: usize) {
    for number in 0..count {
        let answer = call(actor, function).await;
        assert_ne!(answer.status, 429, "call {number}: {answer}");
    }
}

async fn sign_in(dock: &Dock, email: &str) -> Answer {
    let body = json!({ "email": email, "password": "password of ada" });
    dock.guest().post("/v1/account/sessions").json(&body).send().await
}

#[tokio::test]
async fn the_61st_execution_within_a_minute_is_429_with_headers_on_every_answer() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = dock
        .key()
        .deploy(Draft::shell("true").set("execute", vec!["role:all"]))
        .await;

    let before = now();
    let first = call(&ada, &function.id).await;
    let after = now();
    first.expect_status(201);
    let (limit, remaining, reset) = told(&first);
    assert_eq!((limit, remaining), (60, 59));
    assert!((before + 60..=after + 60).contains(&reset), "{first}");
    for number in 2..=60 {
        let answer = call(&ada, &function.id).await;
        answer.expect_status(201);
        assert_eq!(told(&answer), (60, 60 - number, reset));
    }

    let over = call(&ada, &function.id).await;
    over.expect_status(429);
    assert_eq!(over.message(), "Too many requests");
    assert_eq!(told(&over), (60, 0, reset));
    // Reading is not counted.
    ada.get(&format!("{}/executions", function.path())).ok(200).await;
}

#[tokio::test]
async fn a_key_and_the_owner_of_the_machine_are_never_refused() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    calls(&ada, NOBODY, 60).await;
    call(&ada, NOBODY).await.expect_status(429);

    for actor in [dock.key(), dock.owner()] {
        for _ in 0..61 {
            call(&actor, NOBODY).await.expect_status(404);
        }
    }

    call(&ada, NOBODY).await.expect_status(429);
}

#[tokio::test]
async fn all_functions_share_the_limit() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let (one, other) = (
        dock.key().create_function().await,
        dock.key().create_function().await,
    );

    calls(&ada, &one, 30).await;
    calls(&ada, &other, 30).await;

    for function in [&one, &other, NOBODY] {
        call(&ada, function).await.expect_status(429);
    }
}

#[tokio::test]
async fn people_behind_one_address_share_the_limit() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);

    calls(&ada, NOBODY, 30).await;
    calls(&bob.by_jwt().await, NOBODY, 30).await;

    call(&ada, NOBODY).await.expect_status(429);
    call(&bob, NOBODY).await.expect_status(429);
}

#[tokio::test]
async fn another_name_of_the_server_is_counted_by_itself() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let port = dock.origin().rsplit(':').next().unwrap();
    calls(&ada, NOBODY, 60).await;
    call(&ada, NOBODY).await.expect_status(429);

    let elsewhere = ada.actor().header("host", &format!("localhost:{port}"));

    assert_eq!(told(&call(&elsewhere, NOBODY).await).1, 59);
}

#[tokio::test]
async fn a_made_up_port_or_forwarded_address_does_not_begin_a_new_count() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    calls(&ada, NOBODY, 60).await;

    for (name, value) in [
        ("host", "127.0.0.1:1"),
        ("host", "127.0.0.1"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-real-ip", "203.0.113.7"),
        ("forwarded", "for=203.0.113.7;host=elsewhere.example"),
    ] {
        let disguised = ada.actor().header(name, value);
        call(&disguised, NOBODY).await.expect_status(429);
    }
}

#[tokio::test]
async fn calls_of_guests_are_refused_before_they_are_counted() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for _ in 0..61 {
        call(&dock.guest(), NOBODY).await.expect_status(401);
    }

    assert_eq!(told(&call(&ada, NOBODY).await).1, 59);
}

#[tokio::test]
async fn signing_in_is_counted_by_address_in_any_case() {
    let dock = Dock::start().await;
    let wrong = |email: &str| {
        let body = json!({ "email": email, "password": "not her password" });
        dock.guest().post("/v1/account/sessions").json(&body).send()
    };
    let body = json!({
        "userId": "ada", "email": "ada@example.com", "password": "password of ada",
    });
    dock.key().post("/v1/users").json(&body).ok(201).await;
    for number in 0..10 {
        let email = ["ada@example.com", "ADA@example.com", "Ada@Example.Com"][number % 3];
        let answer = wrong(email).await;
        answer.expect_status(401);
        assert_eq!(told(&answer).1, 9 - number as i64, "{email}");
    }

    for email in ["ada@example.com", "aDA@example.com"] {
        sign_in(&dock, email).await.expect_status(429);
    }
    let other = wrong("bob@example.com").await;
    other.expect_status(401);
    assert_eq!(told(&other).1, 9);
}

#[tokio::test]
async fn signing_up_is_counted_by_address_of_the_network() {
    let dock = Dock::start().await;
    let sign_up = |number: usize| {
        let body = json!({
            "userId": "unique()", "email": format!("{number}@example.com"), "password": "12345678",
        });
        dock.guest().post("/v1/account").json(&body).send()
    };
    for number in 0..10 {
        sign_up(number).await.expect_status(201);
    }

    let over = sign_up(10).await;

    over.expect_status(429);
    assert_eq!((told(&over).0, told(&over).1), (10, 0));
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 10);
}

#[tokio::test]
async fn tokens_are_counted_by_person() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    for _ in 0..10 {
        ada.jwt().await;
    }

    ada.post("/v1/account/jwt").refused(429).await;
    ada.again().await.post("/v1/account/jwt").refused(429).await;

    bob.jwt().await;
}

#[tokio::test]
async fn invitations_are_counted_by_address_of_the_network_and_not_for_keys() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("one").await;
    ada.create_team("other").await;
    for number in 0..10 {
        let team = ["one", "other"][number % 2];
        ada.invite(team, &format!("{number}@example.com"), &[]).await;
    }

    ada.invitation("one", "10@example.com", &[]).refused(429).await;

    dock.key().invite("one", "11@example.com", &[]).await;
}

#[tokio::test]
async fn every_limited_route_says_the_limit_of_the_api_document() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let guest = dock.guest();
    for (actor, method, path, limit, secs) in [
        (&guest, "POST", "/v1/account", 10, 3600),
        (&guest, "POST", "/v1/account/sessions", 10, 3600),
        (&guest, "POST", "/v1/account/sessions/anonymous", 50, 3600),
        (&guest, "POST", "/v1/account/sessions/magic-url", 10, 3600),
        (&guest, "PUT", "/v1/account/sessions/magic-url", 10, 3600),
        (&guest, "POST", "/v1/account/recovery", 10, 3600),
        (&guest, "PUT", "/v1/account/recovery", 10, 3600),
        (&guest, "PUT", "/v1/account/verification", 10, 3600),
        (&ada, "POST", "/v1/account/verification", 10, 3600),
        (&ada, "POST", "/v1/account/jwt", 10, 3600),
        (&ada, "POST", "/v1/teams/t/memberships", 10, 3600),
        (&ada, "POST", "/v1/functions/f/executions", 60, 60),
        (&ada, "DELETE", "/v1/account/sessions/nobody", 100, 3600),
        (&ada, "DELETE", "/v1/account/sessions", 100, 3600),
    ] {
        let answer = actor.request(method, path).send().await;
        let (told, _, reset) = told(&answer);
        assert_eq!(told, limit, "{method} {path}");
        let left = reset - now();
        assert!(
            (secs - 30..=secs).contains(&left),
            "{method} {path}: {left} s left"
        );
    }
}

#[tokio::test]
async fn a_route_without_a_limit_says_none() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for (actor, path) in [
        (&*ada, "/v1/account"),
        (&*ada, "/v1/teams"),
        (&dock.key(), "/v1/functions"),
    ] {
        let answer = actor.get(path).send().await;
        assert_eq!(answer.header("x-ratelimit-limit"), "", "{answer}");
    }
}

#[tokio::test]
async fn with_limits_off_nobody_is_refused() {
    let dock = Dock::unlimited().start().await;
    let ada = dock.sign_up("ada").await;

    calls(&ada, NOBODY, 61).await;
    for _ in 0..11 {
        sign_in(&dock, "ada@example.com").await.expect_status(201);
    }
}

#[tokio::test]
async fn a_window_begins_with_its_first_call_and_ends_as_a_whole() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let body = json!({ "userId": "ada", "email": "ada@example.com", "password": "password of ada" });
    dock.key().post("/v1/users").json(&body).ok(201).await;
    let begun = now();
    for _ in 0..9 {
        sign_in(&dock, "ada@example.com").await.expect_status(201);
    }

    // 50 minutes later the last call of the window is still to be had, and its end has not moved.
    clock.advance(50 * 60);
    let last = sign_in(&dock, "ada@example.com").await;
    last.expect_status(201);
    let (_, remaining, reset) = told(&last);
    assert_eq!(remaining, 0);
    assert!((begun + 3600..begun + 3630).contains(&reset), "{last}");
    sign_in(&dock, "ada@example.com").await.expect_status(429);

    // The hour is over: all ten are there again, not one for each that has grown old.
    clock.advance(10 * 60 + 1);
    let fresh = sign_in(&dock, "ada@example.com").await;
    fresh.expect_status(201);
    assert_eq!(told(&fresh).1, 9);
}

#[tokio::test]
async fn each_route_counts_for_itself_also_where_both_count_by_address_alone() {
    let dock = Dock::start().await;
    for _ in 0..12 {
        dock.guest().post("/v1/account/sessions/anonymous").ok(201).await;
    }

    let body = json!({ "email": "ada@example.com", "url": "http://localhost/back" });
    let answer = dock.guest().post("/v1/account/recovery").json(&body).send().await;

    answer.expect_status(503);
    let (limit, remaining, _) = told(&answer);
    assert_eq!((limit, remaining), (10, 9));
}
