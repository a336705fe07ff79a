//! The console's own API by raw HTTP: who is let in, and what a page of another origin or port gets.

use drydock_tests::{Actor, Console, Dock, Draft};
use serde_json::{Value, json};

const CALLS: [&str; 5] = [
    "/session",
    "/status",
    "/projects/default/functions",
    "/projects/default/functions/f/executions",
    "/projects/default/stream",
];

async fn status(console: &Console, change: impl Fn(Actor) -> Actor, method: &str, path: &str) -> u16 {
    let actor = change(console.actor());
    actor.request(method, path).send_unchecked().await.status
}

#[tokio::test]
async fn without_a_session_the_shell_is_public_and_the_api_is_401() {
    let dock = Dock::start().await;
    let stranger = dock.stranger();

    for path in ["/", "/functions", "/functions/any/executions/any"] {
        let shell = stranger
            .get(path)
            .header("accept", "text/html")
            .send_unchecked()
            .await;
        assert!(
            shell.status == 200 && shell.header("content-type").starts_with("text/html"),
            "{path}: {shell}"
        );
        assert_eq!(shell.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            !shell.header("content-security-policy").is_empty(),
            "{path}: {shell}"
        );
    }
    for path in CALLS {
        let answer = stranger
            .get(&format!("/console/api{path}"))
            .send_unchecked()
            .await;
        answer.expect_status(401);
        assert!(answer.message().contains("drydock console"), "{answer}");
    }
    // A key of the API is no console session.
    dock.key()
        .get("/console/api/status")
        .send_unchecked()
        .await
        .expect_status(401);
}

#[tokio::test]
async fn a_session_counts_only_for_our_own_origin() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let path = "/console/api/status";

    assert_eq!(status(&console, |actor| actor, "GET", path).await, 200);
    let foreign = |actor: Actor| {
        actor
            .header("origin", "http://localhost:3000")
            .header("sec-fetch-site", "same-site")
    };
    assert_eq!(status(&console, foreign, "GET", path).await, 401);
    let silent = |actor: Actor| actor.without("origin").without("sec-fetch-site");
    assert_eq!(status(&console, silent, "GET", path).await, 401);
    let cross = |actor: Actor| actor.without("origin").header("sec-fetch-site", "cross-site");
    assert_eq!(status(&console, cross, "GET", path).await, 401);
    let fetch = |actor: Actor| actor.without("origin");
    assert_eq!(status(&console, fetch, "GET", path).await, 200);
}

#[tokio::test]
async fn the_owner_acts_in_the_appwrite_api_only_with_the_proof() {
    let dock = Dock::start().await;
    let owner = dock
        .console()
        .await
        .actor()
        .header("x-appwrite-project", "default")
        .header("x-appwrite-mode", "admin");
    let body = json!({ "functionId": "made", "name": "n", "runtime": "node-20.0" });

    let refused = owner
        .clone()
        .without("x-drydock-console")
        .post("/v1/functions")
        .json(&body)
        .send()
        .await;
    assert!([401, 403].contains(&refused.status), "{refused}");
    owner.post("/v1/functions").json(&body).ok(201).await;
    owner.get("/v1/functions/made").ok(200).await;
    let other_port = owner
        .header("origin", "http://localhost:3000")
        .header("sec-fetch-site", "same-site");
    other_port.get("/v1/functions/made").refused(401).await;
}

#[tokio::test]
async fn a_link_is_spent_once_and_a_made_up_one_never() {
    let dock = Dock::start().await;
    let token = dock.ready("console").split_once("#token=").unwrap().1.to_owned();
    let page = Actor::new(dock.origin()).header("origin", dock.origin());
    let spend = |token: &str| page.post("/console/api/session").json(&json!({ "token": token }));

    spend(&"0".repeat(token.len()))
        .send_unchecked()
        .await
        .expect_status(401);
    let opened = spend(&token).send_unchecked().await;
    opened.expect_status(200);
    let cookie = opened.header("set-cookie");
    for part in ["drydock_console_", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    let again = spend(&token).send_unchecked().await;
    again.expect_status(401);
    assert!(again.message().contains("drydock console"), "{again}");
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server() {
    let dock = Dock::start().await;
    let before = dock.console().await;
    let folder = dock.crash();
    let after = Dock::launch().on(&folder).start().await;

    // The port is another, so the page's origin is too; the cookie is the same, as ports share cookies.
    let page = Actor::new(after.origin())
        .header("cookie", before.cookie())
        .header("x-drydock-console", before.proof())
        .header("origin", after.origin())
        .header("sec-fetch-site", "same-origin");

    page.get("/console/api/session")
        .send_unchecked()
        .await
        .expect_status(200);
}

#[tokio::test]
async fn the_list_of_functions_tells_their_last_run() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let function = dock
        .key()
        .deploy(
            Draft::shell("exit 3")
                .set("functionId", "failing")
                .set("name", "Failing"),
        )
        .await;
    let run = dock.key().run(&function, "some data").await;

    let list = console.get("/projects/default/functions").await;

    let row = &list["functions"][0];
    assert_eq!(
        (&list["sum"], &row["id"], &row["name"]),
        (&json!(1), &json!("failing"), &json!("Failing"))
    );
    assert_eq!(row["activeTag"]["id"], function.tag);
    let latest = &row["lastExecution"];
    let told = ["id", "status", "exitCode", "trigger", "tagId"].map(|name| latest[name].clone());
    assert_eq!(
        told,
        [
            run["$id"].clone(),
            json!("failed"),
            json!(3),
            json!("http"),
            json!(function.tag)
        ]
    );
    assert!(latest["caller"].as_str().unwrap().starts_with("key:"), "{latest}");
    let day = row["lastDay"].as_array().unwrap();
    let failed: i64 = day.iter().map(|hour| hour["failed"].as_i64().unwrap()).sum();
    assert_eq!((day.len(), failed), (24, 1));

    let id = run["$id"].as_str().unwrap();
    let detail = console.get(&format!("/projects/default/executions/{id}")).await;
    assert_eq!(detail["data"], "some data");
    let (queued, started, ended) = (
        &detail["queuedAtMs"],
        &detail["startedAtMs"],
        &detail["endedAtMs"],
    );
    let times: Vec<i64> = [queued, started, ended]
        .iter()
        .filter_map(|time| Value::as_i64(time))
        .collect();
    assert!(times.len() == 3 && times.is_sorted(), "{detail}");
}

#[tokio::test]
async fn status_tells_what_the_rail_shows() {
    let dock = Dock::start().await;

    let status = dock.console().await.get("/status").await;

    assert_eq!(status["backend"], "process");
    assert_eq!(status["endpoint"], dock.ready("endpoint"));
    assert_eq!(status["dataDir"], dock.data().to_str().unwrap());
    assert_eq!(
        (&status["runningExecutions"], &status["waitingExecutions"]),
        (&json!(0), &json!(0))
    );
    let families: Vec<_> = status["interpreters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| &found["family"])
        .collect();
    assert!(families.contains(&&json!("node")), "{status}");
}

#[tokio::test]
async fn signing_out_ends_the_stream_of_that_session_alone() {
    let dock = Dock::start().await;
    let (leaving, staying) = (dock.console().await, dock.another_console().await);
    let open = async |console: &Console| {
        let stream = console.request("GET", "/projects/default/stream").open().await;
        assert_eq!(stream.status(), 200);
        stream
    };
    let (gone, mut kept) = (open(&leaving).await, open(&staying).await);

    leaving
        .request("DELETE", "/session")
        .send_unchecked()
        .await
        .expect_status(204);

    // The whole of it: it has an end now.
    assert!(gone.text().await.unwrap().contains("hello"));
    let user = json!({ "userId": "ada", "email": "ada@example.com", "password": "12345678" });
    dock.key().post("/v1/users").json(&user).ok(201).await;
    let mut heard = String::new();
    while !heard.contains("\"type\":\"user\"") {
        let piece = kept
            .chunk()
            .await
            .unwrap()
            .expect("the other session's stream goes on");
        heard.push_str(&String::from_utf8_lossy(&piece));
    }
}

#[tokio::test]
async fn signing_in_as_a_user_never_signs_the_user_out() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let console = dock.console().await;

    for _ in 0..101 {
        let path = "/projects/default/users/ada/sessions";
        let answer = console
            .request("POST", path)
            .json(&json!({}))
            .send_unchecked()
            .await;
        answer.expect_status(201);
    }

    ada.get("/v1/account").ok(200).await;
    let sessions = dock.key().get("/v1/users/ada/sessions").ok(200).await;
    assert_eq!(sessions["sum"], 11, "her own, and the newest ten");
}

#[tokio::test]
async fn a_function_s_network_is_told_and_changed_here_and_nowhere_else() {
    let dock = Dock::start().await;
    let (console, key) = (dock.console().await, dock.key());
    let body = json!({ "functionId": "quiet", "name": "Quiet", "runtime": "node-20.0", "network": "none" });
    key.post("/v1/functions").json(&body).ok(201).await;
    let path = "/projects/default/functions/quiet";
    assert_eq!(
        console.get(path).await["network"],
        "full",
        "the Appwrite API has no word for it"
    );

    let before = key.get("/v1/functions/quiet").ok(200).await;
    let changed = console.set_network("quiet", "none").await;
    assert_eq!(
        (&changed["id"], &changed["network"]),
        (&json!("quiet"), &json!("none"))
    );
    let list = console.get("/projects/default/functions").await;
    assert_eq!(list["functions"][0], changed);
    let mut after = key.get("/v1/functions/quiet").ok(200).await;
    after["dateUpdated"] = before["dateUpdated"].clone();
    assert_eq!(after, before);

    let body = json!({ "name": "Renamed", "execute": ["role:all"], "network": "full" });
    key.put("/v1/functions/quiet").json(&body).ok(200).await;
    let row = console.get(path).await;
    assert_eq!(
        (&row["name"], &row["network"]),
        (&json!("Renamed"), &json!("none"))
    );

    for (path, body, status, says) in [
        (path, json!({ "network": "open" }), 400, "full, none"),
        (path, json!({}), 400, "network"),
        (
            "/projects/default/functions/nobody",
            json!({ "network": "none" }),
            404,
            "Function not found",
        ),
    ] {
        let refused = console.request("PATCH", path).json(&body).send_unchecked().await;
        refused.expect_status(status);
        assert!(refused.message().contains(says), "{refused}");
    }
    assert_eq!(console.get(path).await, row);
    assert_eq!(console.get("/status").await["canCloseTheNetwork"], true);

    // It is kept.
    let folder = dock.crash();
    let dock = Dock::launch().on(&folder).start().await;
    let row = dock.another_console().await.get(path).await;
    assert_eq!(row["network"], "none");
}

#[tokio::test]
async fn the_variables_that_an_execution_was_given_are_told_as_it_read_them() {
    let dock = Dock::start().await;
    let (console, key, ada) = (dock.console().await, dock.key(), dock.sign_up("ada").await);
    let draft = Draft::new("node-20.0", "node-print-env", "node index.js")
        .set("name", "Printer")
        .set("execute", vec!["role:all"])
        .var("GREETING", "hello")
        .var("APPWRITE_FUNCTION_DATA", "the contract's wins");
    let function = key.deploy(draft).await;
    let run = ada.run(&function, "some data").await;
    let read: Value = serde_json::from_str(run["stdout"].as_str().unwrap()).unwrap();
    // What the function has later is not what this one had.
    let body = json!({ "name": "Printer", "execute": ["role:all"], "vars": { "GREETING": "goodbye" } });
    key.put(&function.path()).json(&body).ok(200).await;

    let path = format!(
        "/projects/default/executions/{}/variables",
        run["$id"].as_str().unwrap()
    );
    let told = console.get(&path).await;

    assert_eq!(
        told["own"],
        json!([{ "name": "GREETING", "value": "hello" }]),
        "{told}"
    );
    let contract = told["contract"].as_array().unwrap();
    assert_eq!(contract.len(), 12, "{told}");
    for variable in contract {
        let name = variable["name"].as_str().unwrap();
        if name == "APPWRITE_FUNCTION_JWT" {
            assert!(
                !read[name].as_str().unwrap().is_empty() && variable["value"].is_null(),
                "{told}"
            );
        } else {
            assert_eq!(variable["value"], read[name], "{name}");
        }
    }
    let nobody = console
        .request("GET", "/projects/default/executions/nobody/variables")
        .send_unchecked()
        .await;
    nobody.expect_status(404);
}
