//! Contract §8, §10: webhooks: made, changed and removed; what they are sent, and what becomes of it.

use drydock_tests::{Clock, Dock, Draft, Receiver, Reply, until};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::NOBODY;
use crate::parameters::{Call, bad_names};

fn hook(url: &str) -> Value {
    json!({ "name": "Hook", "events": ["users.create"], "url": url, "security": true })
}

/// A webhook of project `default`.
struct Hook {
    id: String,
    path: String,
}

impl Hook {
    async fn make(dock: &Dock, body: &Value) -> Self {
        let webhooks = dock.home().path("webhooks");
        let made = dock.console_owner().post(&webhooks).json(body).ok(201).await;
        let id = made["$id"].as_str().unwrap().to_owned();
        let path = format!("/console/api/projects/default/webhooks/{id}");
        Self { id, path }
    }

    async fn to(dock: &Dock, receiver: &Receiver) -> Self {
        Self::make(dock, &hook(&receiver.url("/hook"))).await
    }

    /// What signs its requests.
    async fn key(&self, dock: &Dock) -> String {
        let secrets = console(dock, &format!("{}/secrets", self.path)).await;
        secrets["signatureKey"].as_str().unwrap().to_owned()
    }

    /// Its deliveries, oldest first.
    async fn deliveries(&self, dock: &Dock) -> Vec<Value> {
        let list = console(dock, &format!("{}/deliveries?limit=100", self.path)).await;
        list["deliveries"].as_array().unwrap().clone()
    }

    /// Its only delivery, once that was tried so often.
    async fn tried(&self, dock: &Dock, times: usize) -> Value {
        until(&format!("the delivery was tried {times} times"), async || {
            let deliveries = self.deliveries(dock).await;
            assert!(deliveries.len() <= 1, "{deliveries:#?}");
            let first = deliveries.into_iter().next()?;
            (first["attempts"].as_array().unwrap().len() >= times).then_some(first)
        })
        .await
    }
}

async fn console(dock: &Dock, path: &str) -> Value {
    let answer = dock.owner().get(path).send_unchecked().await;
    answer.expect_status(200);
    answer.json()
}

async fn create_user(dock: &Dock, id: &str) -> Value {
    let body = json!({ "userId": id, "email": format!("{id}@example.com"), "password": "a password" });
    dock.key().post("/v1/users").json(&body).ok(201).await
}

#[tokio::test]
async fn a_webhook_is_made_with_what_it_was_given_and_is_part_of_the_project() {
    let dock = Dock::start().await;
    let owner = dock.console_owner();
    let webhooks = dock.home().path("webhooks");
    let body = json!({
        "name": "Hook", "events": ["users.create", "teams.create", "users.create"],
        "url": "https://example.com/hook?a=b", "security": false, "httpUser": "ada", "httpPass": "secret",
    });

    let webhook = owner.post(&webhooks).json(&body).ok(201).await;

    assert_json_snapshot!(webhook, { "[\"$id\"]" => "[id]" }, @r#"
    {
      "$id": "[id]",
      "events": [
        "users.create",
        "teams.create"
      ],
      "httpPass": "secret",
      "httpUser": "ada",
      "name": "Hook",
      "security": false,
      "url": "https://example.com/hook?a=b"
    }
    "#);
    let path = format!("{webhooks}/{}", webhook["$id"].as_str().unwrap());
    assert_eq!(owner.get(&path).ok(200).await, webhook);
    assert_eq!(
        owner.get(&webhooks).ok(200).await,
        json!({ "webhooks": [webhook], "sum": 1 })
    );
    let project = owner.get(&dock.home().path("")).ok(200).await;
    assert_eq!(project["webhooks"], json!([webhook]));
}

#[tokio::test]
async fn a_webhook_is_changed_keeps_its_key_and_is_removed() {
    let dock = Dock::start().await;
    let owner = dock.console_owner();
    let made = Hook::make(&dock, &hook("http://localhost:1")).await;
    let path = dock.home().path(&format!("webhooks/{}", made.id));
    let key = made.key(&dock).await;
    assert_eq!(key.len(), 128);

    let change = json!({ "name": "Other", "events": [], "url": "http://localhost:2", "security": false });
    let changed = owner.put(&path).json(&change).ok(200).await;

    assert_eq!(
        (&changed["name"], &changed["url"]),
        (&json!("Other"), &json!("http://localhost:2"))
    );
    assert_eq!(made.key(&dock).await, key);
    owner.delete(&path).ok(204).await;
    for request in [
        owner.get(&path),
        owner.put(&path).json(&change),
        owner.delete(&path),
    ] {
        assert_eq!(request.refused(404).await, "Webhook not found");
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let dock = Dock::start().await;
    let call = format!("POST {}", dock.home().path("webhooks"));
    Call::new(&dock.console_owner(), &call, hook("http://localhost:1"))
        .needs(&["name", "url", "security"])
        .await
        .refuses(bad_names("name"))
        .await
        .refuses([
            ("url", json!("ftp://example.com"), "http"),
            ("url", json!("example.com"), "http"),
            ("events", json!(["users.sing"]), "users.sing"),
            ("events", json!("users.create, teams"), ""),
            ("security", json!("perhaps"), "true"),
            ("httpUser", json!("u".repeat(257)), "256"),
            ("httpPass", json!("p".repeat(257)), "256"),
        ])
        .await;
}

#[tokio::test]
async fn what_is_none_or_of_another_project_is_404() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let body = hook("http://localhost:1");
    let foreign = dock
        .console_owner()
        .post(&other.path("webhooks"))
        .json(&body)
        .ok(201)
        .await;
    let foreign = foreign["$id"].as_str().unwrap();
    for id in [NOBODY, foreign] {
        let path = dock.home().path(&format!("webhooks/{id}"));
        assert_eq!(
            dock.console_owner().get(&path).refused(404).await,
            "Webhook not found"
        );
        for rest in ["secrets", "deliveries", "deliveries/d"] {
            let path = format!("/console/api/projects/default/webhooks/{id}/{rest}");
            dock.owner().get(&path).send_unchecked().await.expect_status(404);
        }
    }
}

#[tokio::test]
async fn an_event_is_posted_with_the_headers_of_the_contract_and_a_signature() {
    let dock = Dock::start().await;
    let receiver = Receiver::start().await;
    let mut body = hook(&receiver.url("/hook?a=b"));
    body["httpUser"] = json!("ada");
    body["httpPass"] = json!("sécret");
    body["name"] = json!("Größe");
    let made = Hook::make(&dock, &body).await;

    let user = create_user(&dock, "ada").await;

    let request = receiver.received_after(1).await.remove(0);
    assert_eq!(request.call, "POST /hook?a=b");
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), user);
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(header("user-agent").unwrap().starts_with("Appwrite-Server v0.12"));
    assert_eq!(header("x-appwrite-webhook-id"), Some(made.id.as_str()));
    assert_eq!(header("x-appwrite-webhook-event"), Some("users.create"));
    assert_eq!(header("x-appwrite-webhook-name"), Some("Größe"));
    assert_eq!(header("x-appwrite-webhook-project-id"), Some("default"));
    // By a key: nobody.
    assert_eq!(header("x-appwrite-webhook-user-id"), Some(""));
    // ada:sécret
    assert_eq!(header("authorization"), Some("Basic YWRhOnPDqWNyZXQ="));
    let key = made.key(&dock).await;
    assert!(request.is_signed(&receiver.url("/hook?a=b"), &key));
    assert!(!request.is_signed(&receiver.url("/hook?a=c"), &key));

    let delivery = made.tried(&dock, 1).await;
    assert_eq!(
        (&delivery["status"], &delivery["attempts"][0]["status"]),
        (&json!("delivered"), &json!(200))
    );
    let path = format!("{}/deliveries/{}", made.path, delivery["id"].as_str().unwrap());
    let detail = console(&dock, &path).await;
    assert_eq!(
        (&detail["payload"], &detail["payloadKnown"]),
        (&user, &json!(true))
    );
}

#[tokio::test]
async fn who_did_it_is_named_unless_they_just_came() {
    let dock = Dock::start().await;
    let receiver = Receiver::start().await;
    let mut body = hook(&receiver.url("/"));
    body["events"] = json!([
        "account.create",
        "account.sessions.create",
        "account.update.name",
        "functions.executions.update"
    ]);
    Hook::make(&dock, &body).await;

    let ada = dock.sign_up("ada").await;
    ada.actor()
        .patch("/v1/account/name")
        .json(&json!({ "name": "A" }))
        .ok(200)
        .await;

    let requests = receiver.received_after(3).await;
    let user = |event: &str| {
        let found = requests
            .iter()
            .find(|request| request.headers["x-appwrite-webhook-event"] == event);
        found.unwrap().headers["x-appwrite-webhook-user-id"].clone()
    };
    assert_eq!(user("account.create"), "");
    assert_eq!(user("account.sessions.create"), "");
    assert_eq!(user("account.update.name"), "ada");
}

#[tokio::test]
async fn an_execution_is_told_of_as_it_ended_and_other_events_are_not() {
    let dock = Dock::start().await;
    let receiver = Receiver::start().await;
    let mut body = hook(&receiver.url("/"));
    body["events"] = json!(["functions.executions.update"]);
    let made = Hook::make(&dock, &body).await;
    let function = dock.key().deploy(Draft::shell("echo hi")).await;

    let ended = dock.key().run(&function, "x").await;

    let request = receiver.received_after(1).await.remove(0);
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), ended);
    assert_eq!(made.deliveries(&dock).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_later_and_later_and_then_given_up() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Reply::Status(500, "not today".to_owned()));
    let made = Hook::to(&dock, &receiver).await;
    create_user(&dock, "ada").await;

    for (tries, wait_secs) in [(1, 2), (2, 10), (3, 60), (4, 300)] {
        let delivery = made.tried(&dock, tries).await;
        assert_eq!(delivery["status"], "waiting");
        let ended = &delivery["attempts"][tries - 1];
        let ended_at = ended["atMs"].as_i64().unwrap() + ended["tookMs"].as_i64().unwrap();
        let wait = delivery["nextAtMs"].as_i64().unwrap() - ended_at;
        assert!(
            (wait_secs * 1000..wait_secs * 1000 + 5000).contains(&wait),
            "{delivery:#}"
        );
        clock.advance(wait_secs);
    }
    let delivery = made.tried(&dock, 5).await;

    assert_eq!(
        (&delivery["status"], &delivery["nextAtMs"]),
        (&json!("failed"), &Value::Null)
    );
    let last = &delivery["attempts"][4];
    assert_eq!(
        (&last["status"], &last["answer"]),
        (&json!(500), &json!("not today"))
    );
    assert_eq!(last["error"], "Answered 500 Internal Server Error");
    assert_eq!(receiver.received().len(), 5);

    let told = console(
        &dock,
        "/console/api/projects/default/activity?kind=webhooks&limit=1",
    )
    .await;
    let note = &told["lines"][0]["note"];
    assert_eq!(
        (&note["what"], &note["name"], &note["event"], &note["deliveryId"]),
        (
            &json!("delivery-given-up"),
            &json!("Hook"),
            &json!("users.create"),
            &delivery["id"]
        )
    );

    // By hand, once it is mended.
    receiver.answers(Reply::Status(204, String::new()));
    let path = format!(
        "{}/deliveries/{}/again",
        made.path,
        delivery["id"].as_str().unwrap()
    );
    dock.owner().post(&path).send_unchecked().await.expect_status(201);
    let sent = receiver.received_after(6).await;
    assert_eq!(sent[5].body, sent[0].body);
    until("the new delivery is over", async || {
        let deliveries = made.deliveries(&dock).await;
        (deliveries.len() == 2 && deliveries[1]["status"] == "delivered").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_reached_says_why() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let receiver = Receiver::start().await;
    let made = Hook::to(&dock, &receiver).await;
    let url = receiver.url("/");
    create_user(&dock, "ada").await;
    made.tried(&dock, 1).await;
    for (number, reply, reason) in [
        (1, Reply::Close, "The connection ended before an answer: "),
        (
            2,
            Reply::Redirect(url.clone()),
            "Answered 302 Found, which is not followed: set the URL to http",
        ),
    ] {
        receiver.answers(reply);
        create_user(&dock, &format!("u{number}")).await;
        let error = until("it was tried", async || {
            let deliveries = made.deliveries(&dock).await;
            deliveries.get(number)?["attempts"][0]["error"]
                .as_str()
                .map(ToOwned::to_owned)
        })
        .await;
        assert!(error.starts_with(reason), "{error}");
    }
    let nowhere = Hook::make(&dock, &hook("http://127.0.0.1:1/")).await;
    create_user(&dock, "d").await;
    let refused = nowhere.tried(&dock, 1).await;
    let error = refused["attempts"][0]["error"].as_str().unwrap().to_lowercase();
    assert!(
        error.starts_with("cannot connect: ") && error.contains("refused"),
        "{error}"
    );
}

#[tokio::test]
async fn one_that_never_answers_holds_up_nobody_else_and_no_end() {
    let dock = Dock::start().await;
    let (dead, healthy) = (Receiver::start().await, Receiver::start().await);
    dead.answers(Reply::Silence);
    Hook::to(&dock, &dead).await;
    for number in 0..10 {
        create_user(&dock, &format!("u{number}")).await;
    }
    until("as many wait for it as may", async || {
        (dead.held() == 4).then_some(())
    })
    .await;
    Hook::to(&dock, &healthy).await;

    for number in 10..20 {
        create_user(&dock, &format!("u{number}")).await;
    }

    healthy.received_after(10).await;
    assert_eq!(dead.received().len(), 4);
    // What waits is no reason to wait.
    let folder = dock.folder();
    assert!(dock.interrupt().await.status.success());
    let dock = Dock::launch().on(&folder).start().await;
    dead.answers(Reply::Status(200, String::new()));
    // What was under way is sent once more: 4 were, of 20.
    dead.received_after(24).await;
    assert_eq!(healthy.received().len(), 10);
    until("nothing waits", async || {
        let queue = dock.key().get("/v1/health/queue/webhooks").ok(200).await;
        (queue["size"] == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_killed_server_tells_after_its_next_start() {
    let dock = Dock::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Reply::Silence);
    Hook::to(&dock, &receiver).await;
    create_user(&dock, "ada").await;
    until("it was sent", async || (receiver.held() == 1).then_some(())).await;

    let folder = dock.crash();
    receiver.answers(Reply::Status(200, String::new()));
    let _dock = Dock::launch().on(&folder).start().await;

    let sent = receiver.received_after(2).await;
    assert_eq!(sent[0].body, sent[1].body);
}

#[tokio::test]
async fn certificates_are_checked_unless_that_is_turned_off() {
    let receiver = Receiver::with_tls().await;
    let dock = Dock::start().await;
    let checking = Hook::to(&dock, &receiver).await;
    let mut body = hook(&receiver.url("/trusting"));
    body["security"] = json!(false);
    let trusting = Hook::make(&dock, &body).await;

    create_user(&dock, "ada").await;

    let refused = checking.tried(&dock, 1).await;
    let error = refused["attempts"][0]["error"].as_str().unwrap();
    assert!(
        error.starts_with("Cannot connect: ") && error.contains("certificate"),
        "{error}"
    );
    assert_eq!(trusting.tried(&dock, 1).await["status"], "delivered");
    assert_eq!(receiver.received()[0].call, "POST /trusting");
    drop(dock);

    // The system trusts it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trusted.pem");
    std::fs::write(&file, receiver.certificate()).unwrap();
    let dock = Dock::launch().env("SSL_CERT_FILE", &file).start().await;
    let checking = Hook::to(&dock, &receiver).await;
    create_user(&dock, "ada").await;
    assert_eq!(checking.tried(&dock, 1).await["status"], "delivered");
}

#[tokio::test]
async fn deliveries_are_found_by_event_and_status() {
    let dock = Dock::start().await;
    let receiver = Receiver::start().await;
    let mut body = hook(&receiver.url("/"));
    body["events"] = json!(["users.create", "users.delete"]);
    let made = Hook::make(&dock, &body).await;
    create_user(&dock, "ada").await;
    dock.key().delete("/v1/users/ada").ok(204).await;
    until("both are delivered", async || {
        let all = made.deliveries(&dock).await;
        (all.len() == 2 && all.iter().all(|one| one["status"] == "delivered")).then_some(())
    })
    .await;

    // A star stands for the rest of a word, as in other lists.
    for (search, found) in [
        ("", 2),
        ("users", 2),
        ("Delete", 1),
        ("delivered%20creat*", 1),
        ("failed", 0),
        ("create%20failed", 0),
    ] {
        let list = console(&dock, &format!("{}/deliveries?search={search}", made.path)).await;
        let rows = list["deliveries"].as_array().unwrap();
        assert_eq!((&list["sum"], rows.len()), (&json!(found), found), "{search}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_removed_is_told_nothing_more() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Reply::Status(503, String::new()));
    let (gone, stays) = (Hook::to(&dock, &receiver).await, Hook::to(&dock, &receiver).await);
    create_user(&dock, "ada").await;
    gone.tried(&dock, 1).await;
    stays.tried(&dock, 1).await;

    dock.console_owner()
        .delete(&dock.home().path(&format!("webhooks/{}", gone.id)))
        .ok(204)
        .await;
    clock.advance(2);
    stays.tried(&dock, 2).await;

    let told = receiver.received();
    let of_gone = told
        .iter()
        .filter(|it| it.headers["x-appwrite-webhook-id"] == gone.id);
    assert_eq!(of_gone.count(), 1);
}

#[tokio::test]
async fn too_many_that_wait_are_given_up_at_once_and_said() {
    let dock = Dock::start().await;
    let made = Hook::make(&dock, &hook("http://127.0.0.1:1/")).await;
    create_user(&dock, "ada").await;
    made.tried(&dock, 1).await;
    let folder = dock.crash();
    // Two thousand that wait, as they would stand there.
    drydock_tests::Databases::change(
        &folder.data(),
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000) \
         insert into deliveries (project_id, id, webhook_id, event_id, event_name, created_at_ms, status, attempts, \
         next_at_ms) select project_id, 'x' || i, webhook_id, event_id, event_name, created_at_ms, 'waiting', '[]', \
         created_at_ms + 200000 from deliveries, n where next_at_ms is not null",
    );
    let dock = Dock::launch().on(&folder).start().await;

    create_user(&dock, "bob").await;

    let newest = until("the newest stands there", async || {
        let path = format!("{}/deliveries?limit=1&orderType=DESC", made.path);
        let list = console(&dock, &path).await;
        let newest = list["deliveries"][0].clone();
        (newest["id"].as_str().unwrap().len() > 6).then_some(newest)
    })
    .await;
    assert_eq!(
        (&newest["status"], &newest["attempts"]),
        (&json!("failed"), &json!([]))
    );
}
