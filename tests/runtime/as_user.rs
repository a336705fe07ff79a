//! Contract §7: a function called by a user knows who called, and may ask the API in that user's name alone.

use drydock_tests::stage::Stage;
use drydock_tests::{Actor, Deployed, Dock, Draft};
use serde_json::{Value, json};

async fn asking_function(dock: &Dock) -> Deployed {
    let draft = Draft::new("node-20.0", "node-as-user", "node index.js")
        .var("API", dock.ready("endpoint"))
        .set("execute", json!(["role:member"]));
    dock.key().deploy(draft).await
}

fn told(execution: &Value) -> Value {
    assert_eq!(execution["status"], "completed", "{execution}");
    let mut told: Value = serde_json::from_str(execution["stdout"].as_str().unwrap()).unwrap();
    told.sort_all_objects();
    told
}

#[tokio::test]
async fn the_jwt_of_a_function_speaks_for_its_caller_and_nobody_else() {
    let dock = Dock::start().await;
    let stage = Stage::first(&dock);
    Stage::another(&dock, "elsewhere").await;
    let function = asking_function(&dock).await;
    let (ada, bob) = (stage.user("ada").await, stage.user("bob").await);
    let of_bob = bob.actor.execute(&function, "").await;
    stage.key().finished(&function, &of_bob).await;

    let run = ada.actor.run(&function, &of_bob).await;

    assert_eq!(
        told(&run),
        json!({
            "account": "ada", "foreignExecution": 404, "functions": 401, "inAnotherProject": 401,
            "sees": ["user:ada"], "userId": "ada", "users": 401,
        })
    );
}

#[tokio::test]
async fn the_jwt_of_a_function_ends_with_the_session_that_called_it() {
    let dock = Dock::start().await;
    let stage = Stage::first(&dock);
    let draft = Draft::shell("printf %s \"$APPWRITE_FUNCTION_JWT\"").set("execute", json!(["role:member"]));
    let function = dock.key().deploy(draft).await;
    let ada = stage.user("ada").await;
    let run = ada.actor.run(&function, "").await;
    let jwt = run["stdout"].as_str().unwrap();
    let by_jwt = stage.by_jwt(jwt);
    assert_eq!(by_jwt.get("/v1/account").ok(200).await["$id"], "ada");

    ada.actor.delete("/v1/account/sessions/current").ok(204).await;

    by_jwt.get("/v1/account").refused(401).await;
}

/// What the environment says of the caller: the user's id, and whether there is a JWT.
async fn environment(caller: &Actor, dock: &Dock, function: &Deployed) -> (String, bool) {
    let id = caller.execute(function, "").await;
    let run = dock.key().finished(function, &id).await;
    let stdout = run["stdout"].as_str().unwrap();
    let (user, jwt) = stdout.trim_end().split_once('|').unwrap();
    (user.to_owned(), !jwt.is_empty())
}

#[tokio::test]
async fn only_a_cookie_session_lends_its_function_a_jwt() {
    let dock = Dock::start().await;
    let stage = Stage::first(&dock);
    let script = "echo \"$APPWRITE_FUNCTION_USER_ID|$APPWRITE_FUNCTION_JWT\"";
    let draft = Draft::shell(script).set("execute", json!(["role:member"]));
    let function = dock.key().deploy(draft).await;
    let ada = stage.user("ada").await;
    let by_jwt = stage.by_jwt(&ada.jwt().await);

    assert_eq!(
        environment(&ada.actor, &dock, &function).await,
        ("ada".to_owned(), true)
    );
    assert_eq!(
        environment(&by_jwt, &dock, &function).await,
        ("ada".to_owned(), false)
    );
    assert_eq!(
        environment(&dock.key(), &dock, &function).await,
        (String::new(), false)
    );
    let admin = dock.owner();
    assert_eq!(
        environment(&admin, &dock, &function).await,
        (String::new(), false)
    );
}
