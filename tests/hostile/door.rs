//! The console's door (product.md §1): cookie and proof together or nothing, from its own origin, and a link that
//! opens once.

use std::collections::BTreeMap;

use drydock_tests::{Actor, Dock};
use serde_json::json;

/// What only the owner of the console gets, by both doors.
const ROOMS: [(&str, &str); 7] = [
    ("GET", "/console/api/session"),
    ("GET", "/console/api/status"),
    ("GET", "/console/api/projects/default/functions"),
    ("GET", "/console/api/projects/default/keys"),
    ("GET", "/v1/functions"),
    ("GET", "/v1/users"),
    ("POST", "/console/api/links"),
];

/// The statuses of all rooms for a caller; a set, since they ought to be one.
async fn rooms(caller: &Actor) -> BTreeMap<u16, Vec<&'static str>> {
    let caller = caller
        .clone()
        .header("x-appwrite-project", "default")
        .header("x-appwrite-mode", "admin");
    let mut statuses: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (method, path) in ROOMS {
        let status = caller.request(method, path).send_unchecked().await.status;
        statuses.entry(status).or_default().push(path);
    }
    statuses
}

fn only(statuses: &BTreeMap<u16, Vec<&'static str>>) -> Vec<u16> {
    statuses.keys().copied().collect()
}

#[tokio::test]
async fn neither_half_of_a_console_session_opens_anything_alone() {
    let dock = Dock::start().await;
    let (console, other) = (dock.console().await, dock.another_console().await);
    let whole = console.actor();
    assert_eq!(only(&rooms(&whole).await), [200, 201], "the two together do");

    let cases = [
        ("the cookie alone", whole.clone().without("x-drydock-console")),
        ("a proof of 1", whole.clone().header("x-drydock-console", "1")),
        ("an empty proof", whole.clone().header("x-drydock-console", "")),
        (
            "another session's proof",
            whole.clone().header("x-drydock-console", other.proof()),
        ),
        (
            "half of the proof",
            whole.clone().header("x-drydock-console", &console.proof()[..16]),
        ),
        ("the proof alone", whole.clone().without("cookie")),
        ("the proof as the cookie", {
            let (name, _) = console.cookie().split_once('=').unwrap();
            whole
                .clone()
                .header("cookie", &format!("{name}={}", console.proof()))
        }),
        ("an empty cookie", {
            let (name, _) = console.cookie().split_once('=').unwrap();
            whole.clone().header("cookie", &format!("{name}="))
        }),
        ("the cookie under another server's name", {
            let (_, value) = console.cookie().split_once('=').unwrap();
            whole
                .clone()
                .header("cookie", &format!("drydock_console_other={value}"))
        }),
    ];
    for (what, caller) in cases {
        assert_eq!(only(&rooms(&caller).await), [401], "{what}");
    }
}

#[tokio::test]
async fn a_cookie_planted_beside_the_own_one_shuts_nobody_out() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (name, _) = console.cookie().split_once('=').unwrap();
    let planted = format!("{name}=planted");

    // A page on another port may set a cookie of that name with a longer path, which the browser then sends first;
    // no fresh link would get rid of it.
    for cookies in [
        format!("{planted}; {}", console.cookie()),
        format!("{}; {planted}", console.cookie()),
    ] {
        let caller = console.actor().header("cookie", &cookies);
        assert_eq!(only(&rooms(&caller).await), [200, 201], "{cookies}");
    }
}

#[tokio::test]
async fn a_whole_session_counts_from_its_own_origin_alone() {
    let dock = Dock::start().await;
    let whole = dock.console().await.actor();
    let port = dock.origin().rsplit(':').next().unwrap().to_owned();
    let from = |origin: &str| whole.clone().without("sec-fetch-site").header("origin", origin);

    let cases = [
        ("another port", from("http://127.0.0.1:3000")),
        ("no port", from("http://127.0.0.1")),
        (
            "the other name of this machine",
            from(&format!("http://localhost:{port}")),
        ),
        ("https", from(&format!("https://127.0.0.1:{port}"))),
        ("a longer port", from(&format!("http://127.0.0.1:{port}0"))),
        ("a stranger", from("http://evil.test")),
        ("null", from("null")),
        ("an empty origin", from("")),
        (
            "no origin",
            whole.clone().without("origin").without("sec-fetch-site"),
        ),
        (
            "same-site",
            whole
                .clone()
                .without("origin")
                .header("sec-fetch-site", "same-site"),
        ),
        (
            "a navigation by hand",
            whole.clone().without("origin").header("sec-fetch-site", "none"),
        ),
    ];
    for (what, caller) in cases {
        let statuses = rooms(&caller).await;
        assert!(
            statuses.keys().all(|status| [401, 403].contains(status)),
            "{what}: {statuses:?}"
        );
    }
    // A session opens at the address by which it asks, which is its origin there.
    let by_name = whole
        .header("host", &format!("localhost:{port}"))
        .header("origin", &format!("http://localhost:{port}"));
    assert_eq!(only(&rooms(&by_name).await), [200, 201]);
}

#[tokio::test]
async fn the_consoles_session_makes_nobody_of_a_realtime_connection() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    for origin in ["http://127.0.0.1:3000", "http://localhost:3000", dock.origin()] {
        for (name, value) in [("x-drydock-console", console.proof()), ("x-none", "")] {
            let dial = dock
                .dial("project=default&channels[]=account&mode=admin")
                .header("cookie", console.cookie())
                .header("origin", origin)
                .header(name, value);
            let (_, told) = dial.connected().await;
            assert_eq!(told, json!({ "channels": ["account"], "user": null }), "{origin}");
        }
    }
}

#[tokio::test]
async fn an_upgrade_to_a_websocket_needs_the_proof_too() {
    let dock = Dock::start().await;
    let whole = dock
        .console()
        .await
        .actor()
        .header("x-appwrite-project", "default")
        .header("x-appwrite-mode", "admin");
    for path in [
        "/console/api/projects/default/stream",
        "/console/api/status",
        "/v1/functions",
    ] {
        let upgrade = |caller: Actor| {
            caller
                .get(path)
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        };
        // A browser sends the page's origin with an upgrade, and none of our headers.
        let page = whole
            .clone()
            .without("x-drydock-console")
            .without("sec-fetch-site");
        for origin in [
            "http://127.0.0.1:3000",
            "http://localhost:3000",
            "http://evil.test",
            dock.origin(),
        ] {
            let status = upgrade(page.clone().header("origin", origin))
                .send_unchecked()
                .await
                .status;
            assert!(
                [401, 403, 404].contains(&status),
                "{path} from {origin}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn signing_out_ends_that_session_and_no_other() {
    let dock = Dock::start().await;
    let (one, two) = (dock.console().await, dock.another_console().await);

    let out = one.request("DELETE", "/session").send_unchecked().await;

    out.expect_status(204);
    assert!(out.header("set-cookie").contains("drydock_console_"), "{out}");
    // The browser forgets the cookie; a thief who kept both halves has nothing either.
    assert_eq!(only(&rooms(&one.actor()).await), [401]);
    assert_eq!(only(&rooms(&two.actor()).await), [200, 201]);
}

#[tokio::test]
async fn of_fifty_who_spend_a_link_at_once_one_comes_in() {
    let dock = Dock::start().await;
    for _ in 0..3 {
        let link = dock.fresh_link().await;
        let token = link.split_once("#token=").unwrap().1.to_owned();
        let page = Actor::new(dock.origin()).header("origin", dock.origin());
        let spend = |_| {
            let request = page.post("/console/api/session").json(&json!({ "token": token }));
            tokio::spawn(request.send_unchecked())
        };

        let tries: Vec<_> = (0..50).map(spend).collect();

        let mut statuses: BTreeMap<u16, u32> = BTreeMap::new();
        for answer in tries {
            let answer = answer.await.unwrap();
            *statuses.entry(answer.status).or_default() += 1;
            if answer.status == 401 {
                assert!(!answer.headers.contains_key("set-cookie"), "{answer}");
                assert!(answer.message().contains("drydock console"), "{answer}");
            }
        }
        assert_eq!(statuses, BTreeMap::from([(200, 1), (401, 49)]));
    }
}

#[tokio::test]
async fn a_link_is_not_spent_by_whoever_only_looks_at_it() {
    let dock = Dock::start().await;
    let link = dock.fresh_link().await;
    let token = link.split_once("#token=").unwrap().1.to_owned();
    let page = Actor::new(dock.origin()).header("origin", dock.origin());
    let lookers = [
        page.clone(),
        page.clone().header("sec-purpose", "prefetch"),
        page.clone().header("purpose", "prefetch"),
        page.clone()
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-site", "none"),
    ];
    for looker in &lookers {
        for method in ["GET", "HEAD", "OPTIONS"] {
            for path in [
                "/".to_owned(),
                format!("/?token={token}"),
                format!("/console/api/session?token={token}"),
            ] {
                looker.request(method, &path).send_unchecked().await;
            }
        }
    }
    // Nor by a page that is not the console's, should it know the token.
    let body = json!({ "token": token });
    for stranger in [
        page.clone().header("origin", "http://127.0.0.1:3000"),
        page.clone().header("origin", "http://evil.test"),
        page.clone().header("origin", "null"),
        page.clone().without("origin"),
        page.clone()
            .without("origin")
            .header("sec-fetch-site", "same-site"),
    ] {
        let refused = stranger
            .post("/console/api/session")
            .json(&body)
            .send_unchecked()
            .await;
        assert!([401, 403].contains(&refused.status), "{refused}");
    }

    let spent = page
        .post("/console/api/session")
        .json(&body)
        .send_unchecked()
        .await;

    spent.expect_status(200);
}

#[tokio::test]
async fn neither_token_nor_proof_nor_cookie_is_said_twice() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let (_, cookie) = console.cookie().split_once('=').unwrap();
    let mut secrets = vec![cookie, console.proof()];
    let token = dock.ready("console").split_once("#token=").unwrap().1;
    secrets.push(token);
    assert!(secrets.iter().all(|secret| secret.len() >= 32), "{secrets:?}");

    for path in ["/session", "/status"] {
        let answer = console.request("GET", path).send_unchecked().await;
        let told = format!("{answer}");
        for secret in &secrets {
            assert!(!told.contains(secret), "{path} tells a secret");
        }
    }
    // The shell is the same for everybody.
    let shell = console.actor().get("/").send_unchecked().await.text();
    assert_eq!(shell, dock.stranger().get("/").send_unchecked().await.text());
}
