//! Functions in containers that call the API back, and who else gets there: nobody.
//!
//! The tests' engine has a network of its own, so these servers are started in it, as on a machine with an engine of its own.

use drydock_tests::{Dock, Draft, Engine, archive, until};
use serde_json::{Value, json};

/// Asks what its data names, and prints what it hears: `[method, path, headers, body]` each.
const CALLS: &str = "
    const { ENDPOINT, APPWRITE_FUNCTION_PROJECT_ID: project, APPWRITE_FUNCTION_JWT: jwt, KEY, APPWRITE_FUNCTION_DATA } = process.env;
    const http = require('node:http');
    const named = { project: { 'x-appwrite-project': project }, key: { 'x-appwrite-key': KEY }, jwt: { 'x-appwrite-jwt': jwt } };
    const ask = ([method, path, headers, body]) => new Promise((resolve) => {
        const all = headers.map((one) => named[one] ?? one).reduce((all, one) => ({ ...all, ...one }), {});
        const url = new URL(path, ENDPOINT);
        const asked = http.request(url, { method, headers: { ...all, 'content-type': 'application/json' } }, (answer) => {
            let text = '';
            answer.on('data', (piece) => (text += piece));
            answer.on('end', () => resolve({ status: answer.statusCode, text }));
        });
        asked.on('error', (error) => resolve({ status: error.code, text: '' }));
        asked.end(body && JSON.stringify(body));
    });
    (async () => {
        const heard = [];
        for (const one of JSON.parse(APPWRITE_FUNCTION_DATA)) heard.push(await ask(one));
        console.log(JSON.stringify(heard));
    })();
";

/// A function that asks what its data names; with the address that the console tells.
async fn caller(dock: &Dock) -> Draft {
    let endpoint = dock.another_console().await.get("/engine").await["endpoint"].clone();
    let code = archive::one_file("index.js", CALLS);
    Draft::with_code("node-20.0", code, "node index.js")
        .set("execute", vec!["role:all"])
        .var("ENDPOINT", endpoint.as_str().unwrap())
        .var("KEY", dock.ready("key"))
}

/// What a function heard, each with its status.
fn heard(run: &Value) -> Vec<(Value, String)> {
    let told: Vec<Value> = serde_json::from_str(run["stdout"].as_str().unwrap())
        .unwrap_or_else(|error| panic!("{error}: {run}"));
    let one = |one: Value| (one["status"].clone(), one["text"].as_str().unwrap().to_owned());
    told.into_iter().map(one).collect()
}

#[test]
fn a_sample_in_a_container_calls_the_api_back_with_its_key() {
    Engine::shared().at_its_network(|| async {
        let dock = crate::launch().start().await;
        let endpoint = dock.console().await.get("/engine").await;
        assert_eq!(endpoint["endpointClosed"], Value::Null, "{endpoint}");
        let sample = drydock_tests::repository().join("samples/node-call-api/index.js");
        let code = archive::one_file("index.js", &std::fs::read_to_string(sample).unwrap());
        let draft = Draft::with_code("node-20.0", code, "node index.js")
            .set("name", "Calls back")
            .var("APPWRITE_ENDPOINT", endpoint["endpoint"].as_str().unwrap())
            .var("APPWRITE_API_KEY", dock.ready("key"));
        let function = dock.key().deploy(draft).await;

        let run = dock.key().run(&function, "").await;

        let expected = format!(
            "1 functions in project default:\n- Calls back ({}, node-20.0)\n",
            function.id
        );
        assert_eq!(run["stdout"], expected, "{run}");
    });
}

#[test]
fn a_function_in_a_container_speaks_for_its_caller_and_is_nobody_without_a_credential() {
    Engine::shared().at_its_network(|| async {
        let dock = crate::launch().start().await;
        let ada = dock.sign_up("ada").await;
        let function = dock.key().deploy(caller(&dock).await).await;
        let asked = json!([
            ["GET", "/v1/account", ["project", "jwt"]],
            ["GET", "/v1/users", ["project", "jwt"]],
            ["GET", "/v1/users", ["project"]],
        ]);

        let heard = heard(&ada.run(&function, &asked.to_string()).await);

        let account: Value = serde_json::from_str(&heard[0].1).unwrap();
        assert_eq!(account["$id"], "ada");
        let statuses: Vec<_> = heard.into_iter().map(|(status, _)| status).collect();
        assert_eq!(json!(statuses), json!([200, 401, 401]));
    });
}

#[test]
fn nothing_but_the_api_is_open_to_containers_whatever_they_know() {
    Engine::shared().at_its_network(|| async {
        let dock = crate::launch().start().await;
        let function = dock.key().deploy(caller(&dock).await).await;
        let file = dock.server_file();
        let token = json!({ "x-drydock-admin": file["adminToken"] });
        let link = dock.fresh_link().await;
        let spent = json!({ "token": link.split_once("#token=").unwrap().1 });
        let mode = json!({ "x-appwrite-mode": "admin" });
        let asked = json!([
            ["GET", "/", ["project"]],
            ["GET", "/console/api/status", [token]],
            ["POST", "/console/api/session", [], spent],
            ["GET", "/v1/projects/default/keys", ["project", token, mode]],
            ["GET", "/v1/health", ["project", "key", { "host": "evil.example" }]],
            ["GET", "/v1/health", ["project", "key"]],
        ]);

        let run = dock.key().run(&function, &asked.to_string()).await;

        let statuses: Vec<_> = heard(&run).into_iter().map(|(status, _)| status).collect();
        assert_eq!(json!(statuses), json!([404, 404, 404, 401, 421, 200]), "{run}");
        // The name is that of a container alone; here nobody has it.
        let here = dock.key().header("host", "host.docker.internal");
        here.get("/v1/health").refused(421).await;
    });
}

#[test]
fn only_the_bridge_leads_there_and_only_once_a_container_is_made() {
    Engine::shared().at_its_network(|| async {
        let dock = Dock::launch().engine(Engine::shared()).start().await;
        let port: u16 = dock.origin().rsplit(':').next().unwrap().parse().unwrap();
        assert_eq!(listening(port), ["127.0.0.1"]);
        let console = dock.console().await;
        let beside = dock.key().deploy(Draft::shell("echo x")).await;
        assert_eq!(dock.key().run(&beside, "").await["stdout"], "x\n");
        assert_eq!(listening(port), ["127.0.0.1"]);

        let function = dock.key().deploy(caller(&dock).await).await;
        console.set_backend(&function.id, "docker").await;
        let asked = json!([["GET", "/v1/health", ["project", "key"]]]).to_string();
        assert_eq!(heard(&dock.key().run(&function, &asked).await)[0].0, 200);

        let [bridge, loopback] = listening(port).try_into().unwrap();
        assert_eq!(loopback, "127.0.0.1");
        // Its address is this machine's, but who comes to it by another interface is not let in.
        let engine = Engine::shared();
        engine.docker(&["network", "create", "another"]);
        for (network, lets_in) in [("bridge", true), ("another", false)] {
            let knock = [
                "run",
                "--rm",
                "--network",
                network,
                "node:20-alpine",
                "nc",
                "-w",
                "20",
                &bridge,
            ];
            let done = engine
                .command(&knock)
                .arg(port.to_string())
                .args(["-e", "true"])
                .output()
                .unwrap();
            assert_eq!(done.status.success(), lets_in, "{network}: {done:?}");
        }
        engine.docker(&["network", "rm", "another"]);

        console.set_network(&function.id, "none").await;
        assert_eq!(heard(&dock.key().run(&function, &asked).await)[0].0, "EAI_AGAIN");
    });
}

/// The addresses at which somebody listens on a port, in this thread's network.
fn listening(port: u16) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
    let mut found: Vec<_> = table
        .lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace().skip(1);
            let (local, state) = (words.next()?, words.nth(1)?);
            let (address, here) = local.split_once(':')?;
            let is_it = state == "0A" && u16::from_str_radix(here, 16) == Ok(port);
            let address = u32::from_str_radix(address, 16).ok()?.to_ne_bytes();
            is_it.then(|| std::net::Ipv4Addr::from(address).to_string())
        })
        .collect();
    // The bridge's begins with 172, and more than that is not known of it.
    found.sort_by_key(|address| address == "127.0.0.1");
    found
}

#[test]
fn what_a_container_does_through_the_api_is_its_executions_doing_and_cannot_go_on_for_ever() {
    Engine::shared().at_its_network(|| async {
        let dock = crate::launch().start().await;
        let asked = json!([["POST", "/v1/users", ["project", "key"],
            { "userId": "unique()", "email": "PERSON", "password": "a password" }]]);
        let script = CALLS.replace(
            "JSON.parse(APPWRITE_FUNCTION_DATA)",
            &format!("JSON.parse(JSON.stringify({asked}).replace('PERSON', Math.random() + '@example.com'))"),
        );
        let code = archive::one_file("index.js", &script);
        let draft = caller(&dock).await.set("events", vec!["users.create"]);
        let function = dock.key().deploy(draft.code(code)).await;

        let run = dock.key().run(&function, "").await;

        assert_eq!(heard(&run)[0].0, 201, "{run}");
        let console = dock.another_console().await;
        let events = async || {
            let page = console
                .get("/projects/default/events?name=users.create&limit=100")
                .await;
            page["events"].as_array().unwrap().clone()
        };
        // Of a row of executions that each started the next.
        let last = until("the row is cut", async || {
            events().await.into_iter().find(|event| event["cut"] == true)
        })
        .await;
        assert!(
            last["cutBecause"].as_str().unwrap().contains(&function.id),
            "{last}"
        );
        let by_hand = events()
            .await
            .into_iter()
            .filter(|event| event["by"] == run["$id"]);
        assert_eq!(by_hand.count(), 1);
    });
}
