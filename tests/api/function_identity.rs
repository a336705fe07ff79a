//! Contract §7: a function knows who called it, and may speak for them.

use drydock_tests::{Actor, Deployed, Dock, Draft, archive, claims};
use serde_json::{Value, json};

async fn prints_its_environment(dock: &Dock) -> Deployed {
    let draft = Draft::new("node-20.0", "node-print-env", "node index.js").set("execute", vec!["role:all"]);
    dock.key().deploy(draft).await
}

/// What a function called by `caller` reads of them: id and token.
async fn told(caller: &Actor, function: &Deployed) -> (String, String) {
    let run = caller.run(function, "").await;
    let seen: Value = serde_json::from_str(run["stdout"].as_str().unwrap())
        .unwrap_or_else(|error| panic!("{error}: {run}"));
    let text = |name: &str| {
        seen[format!("APPWRITE_FUNCTION_{name}")]
            .as_str()
            .unwrap()
            .to_owned()
    };
    (text("USER_ID"), text("JWT"))
}

#[tokio::test]
async fn a_function_called_by_a_person_reads_their_id_and_a_fresh_token_of_their_session() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = prints_its_environment(&dock).await;

    let (user, jwt) = told(&ada, &function).await;

    assert_eq!(user, "ada");
    let (_, claims) = claims(&jwt);
    assert_eq!(claims["userId"], "ada");
    assert_eq!(claims["sessionId"], ada.session);
    let by_token = dock.guest().header("x-appwrite-jwt", &jwt);
    assert_eq!(by_token.get("/v1/account").ok(200).await["$id"], "ada");
}

#[tokio::test]
async fn the_token_opens_what_the_person_may_and_nothing_else() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let function = prints_its_environment(&dock).await;
    let (_, jwt) = told(&ada, &function).await;
    let of_bob = bob.execute(&function, "").await;
    let by_token = dock.guest().header("x-appwrite-jwt", &jwt);

    by_token.get("/v1/users").refused(401).await;
    by_token.get("/v1/functions").refused(401).await;
    by_token
        .get(&format!("/v1/account/sessions/{}", bob.session))
        .refused(404)
        .await;
    by_token
        .get(&format!("{}/executions/{of_bob}", function.path()))
        .refused(404)
        .await;
    by_token.post("/v1/account/jwt").refused(401).await;
}

#[tokio::test]
async fn the_token_dies_with_the_session() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = prints_its_environment(&dock).await;
    let (_, jwt) = told(&ada, &function).await;

    ada.delete("/v1/account/sessions/current").ok(204).await;

    let by_token = dock.guest().header("x-appwrite-jwt", &jwt);
    by_token.get("/v1/account").refused(401).await;
}

#[tokio::test]
async fn a_function_speaks_to_the_api_for_its_caller_from_inside() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let script = "
        const { ENDPOINT, APPWRITE_FUNCTION_PROJECT_ID: project, APPWRITE_FUNCTION_JWT: jwt } = process.env;
        const headers = { 'x-appwrite-project': project, 'x-appwrite-jwt': jwt };
        const ask = async (path) => {
            const answer = await fetch(ENDPOINT + path, { headers });
            return { status: answer.status, id: (await answer.json()).$id };
        };
        Promise.all([ask('/account'), ask('/users')]).then((told) => console.log(JSON.stringify(told)));
    ";
    let draft = Draft::with_code(
        "node-20.0",
        archive::one_file("index.js", script),
        "node index.js",
    )
    .set("execute", vec!["role:all"])
    .var("ENDPOINT", dock.ready("endpoint"));
    let function = dock.key().deploy(draft).await;
    for (person, id) in [(&ada, "ada"), (&bob, "bob")] {
        let run = person.run(&function, "").await;
        let told: Value = serde_json::from_str(run["stdout"].as_str().unwrap())
            .unwrap_or_else(|error| panic!("{error}: {run}"));
        assert_eq!(told, json!([{ "status": 200, "id": id }, { "status": 401 }]));
    }
}

#[tokio::test]
async fn a_function_called_by_a_key_or_the_owner_reads_no_token() {
    let dock = Dock::start().await;
    let function = prints_its_environment(&dock).await;

    assert_eq!(told(&dock.key(), &function).await, (String::new(), String::new()));
    assert_eq!(told(&dock.owner(), &function).await.1, "");
}

#[tokio::test]
async fn a_function_called_by_a_token_reads_the_id_and_no_new_token() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = prints_its_environment(&dock).await;

    let (user, jwt) = told(&ada.by_jwt().await, &function).await;

    assert_eq!((&*user, &*jwt), ("ada", ""));
}
