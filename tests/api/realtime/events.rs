//! Who hears of which execution, and when.

use drydock_tests::stage::Stage;
use drydock_tests::{Dock, Draft};
use serde_json::{Value, json};

use super::function_for_all;

#[tokio::test]
async fn an_execution_is_told_of_when_it_is_made_and_when_it_has_ended_on_three_channels() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let all = format!("functions.{}", function.id);
    let mut listeners = vec![
        dock.listen(Some(&ada), &["executions"]).await,
        dock.listen(Some(&ada), &[&all]).await,
        dock.listen(Some(&ada), &["files", "executions", &all]).await,
    ];

    let created = ada.post(&format!("{}/executions", function.path())).ok(201).await;
    let id = created["$id"].as_str().unwrap();
    let ended = ada.finished(&function, id).await;

    let channels = json!(["executions", format!("executions.{id}"), all]);
    for listener in &mut listeners {
        for (name, payload) in [
            ("functions.executions.create", &created),
            ("functions.executions.update", &ended),
        ] {
            let mut event = listener.event().await;
            let at = event["timestamp"].take().as_i64().unwrap();
            assert!(at >= payload["dateCreated"].as_i64().unwrap());
            assert_eq!(
                event,
                json!({ "event": name, "channels": channels, "timestamp": null, "payload": payload })
            );
        }
    }
    assert_eq!(ended["stdout"], "done\n");
    // And no third time.
    listeners[0].sign_in(&ada).await;
}

#[tokio::test]
async fn one_execution_can_be_listened_to() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let draft = Draft::shell("sleep 1").set("execute", vec!["role:all"]);
    let function = dock.key().deploy(draft).await;
    let id = ada.execute(&function, "").await;
    let mut listener = dock.listen(Some(&ada), &[&format!("executions.{id}")]).await;

    ada.execute(&function, "").await;

    let event = listener.event().await;
    assert_eq!(event["event"], "functions.executions.update");
    assert_eq!(event["payload"]["$id"], id);
}

#[tokio::test]
async fn nobody_hears_of_executions_that_are_not_theirs() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let function = function_for_all(&dock).await;
    let all = format!("functions.{}", function.id);
    let channels = ["executions", all.as_str(), "account"];
    let mut by_bob = dock.listen(Some(&bob), &channels).await;
    let mut by_guest = dock.listen(None, &channels).await;

    ada.run(&function, "hers").await;
    // A key's have no reader at all.
    dock.key().run(&function, "").await;
    let his = bob.execute(&function, "").await;

    assert_eq!(by_bob.event().await["payload"]["$id"], his);
    // The next that the guest is told is the answer to this.
    by_guest.sign_in(&ada).await;
}

#[tokio::test]
async fn nobody_hears_of_another_project() {
    let dock = Dock::start().await;
    let elsewhere = Stage::another(&dock, "elsewhere").await;
    let ada = dock.sign_up("ada").await;
    // The same name, and so the same role.
    let namesake = elsewhere.user("ada").await;
    let draft = Draft::shell("true")
        .set("functionId", "f")
        .set("execute", vec!["role:all"]);
    let there = elsewhere.key().deploy(draft.clone()).await;
    let here = dock.key().deploy(draft).await;
    let mut listener = dock.listen(Some(&ada), &["executions", "functions.f"]).await;

    namesake.actor.run(&there, "").await;
    let execution = ada.execute(&here, "").await;

    assert_eq!(listener.event().await["payload"]["$id"], execution);
}

#[tokio::test]
async fn who_signs_out_elsewhere_hears_no_more() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let again = ada.again().await;
    let function = function_for_all(&dock).await;
    let mut ended = dock.listen(Some(&ada), &["executions"]).await;
    let mut open = dock.listen(Some(&again), &["executions"]).await;

    again
        .delete(&format!("/v1/account/sessions/{}", ada.session))
        .ok(204)
        .await;
    again.run(&function, "").await;

    assert_eq!(open.event().await["event"], "functions.executions.create");
    // The next that this one is told is the answer to signing in again.
    ended.sign_in(&again).await;
    let execution = again.execute(&function, "").await;
    assert_eq!(ended.event().await["payload"]["$id"], execution);
}

#[tokio::test]
async fn who_is_blocked_or_deleted_does_not_hear_of_what_still_ran() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let carl = dock.sign_up("carl").await;
    let draft = Draft::shell("sleep 1").set("execute", vec!["role:all"]);
    let function = dock.key().deploy(draft).await;
    let mut listeners = Vec::new();
    let mut executions = Vec::new();
    for person in [&ada, &bob] {
        let mut listener = dock.listen(Some(person), &["executions"]).await;
        executions.push(person.execute(&function, "").await);
        assert_eq!(listener.event().await["event"], "functions.executions.create");
        listeners.push(listener);
    }

    let blocked = json!({ "status": false });
    dock.key()
        .patch("/v1/users/ada/status")
        .json(&blocked)
        .ok(200)
        .await;
    dock.key().delete("/v1/users/bob").ok(204).await;
    for execution in &executions {
        dock.key().finished(&function, execution).await;
    }

    for listener in &mut listeners {
        listener.sign_in(&carl).await;
    }
}

#[tokio::test]
async fn pinning_is_no_event() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let id = ada.execute(&function, "").await;
    ada.finished(&function, &id).await;
    let mut listener = dock.listen(Some(&ada), &["executions"]).await;

    let path = format!("/console/api/projects/default/executions/{id}");
    let pin = dock.owner().patch(&path).json(&json!({ "pinned": true }));
    pin.send_unchecked().await.expect_status(200);

    let next = ada.execute(&function, "").await;
    assert_eq!(listener.event().await["payload"]["$id"], next);
}

#[tokio::test]
async fn an_execution_that_is_cancelled_while_it_waits_has_ended() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let ada = dock.sign_up("ada").await;
    let draft = Draft::shell("sleep 20")
        .set("execute", vec!["role:all"])
        .set("timeout", 30);
    let function = dock.key().deploy(draft).await;
    dock.key().execute(&function, "").await;
    let mut listener = dock.listen(Some(&ada), &["executions"]).await;
    let id = ada.execute(&function, "").await;

    let path = format!("/console/api/projects/default/executions/{id}/cancel");
    dock.owner().post(&path).send_unchecked().await.expect_status(200);

    assert_eq!(listener.event().await["event"], "functions.executions.create");
    let event = listener.event().await;
    assert_eq!(event["event"], "functions.executions.update");
    assert_eq!(event["payload"]["exitCode"], 130);
}

#[tokio::test]
async fn a_deleted_project_ends_its_connections_for_good() {
    let dock = Dock::start().await;
    let elsewhere = dock.project("elsewhere").await;
    let mut gone = dock
        .dial("project=elsewhere&channels[]=executions")
        .connected()
        .await
        .0;
    let mut stays = dock.listen(None, &["executions"]).await;

    elsewhere
        .console_owner()
        .delete(&elsewhere.path(""))
        .ok(204)
        .await;

    assert_eq!(gone.error(1008).await, "Missing or unknown project ID");
    assert_eq!(gone.closed().await, Some(1008));
    stays.sign_in(&dock.sign_up("ada").await).await;
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye_to_all() {
    let dock = Dock::start().await;
    let mut listeners = Vec::new();
    for _ in 0..5 {
        listeners.push(dock.listen(None, &["executions"]).await);
    }

    let (ending, codes) = tokio::join!(dock.interrupt(), async {
        let mut codes = Vec::new();
        for listener in &mut listeners {
            codes.push(listener.closed().await);
        }
        codes
    });

    assert_eq!(codes, [Some(1001); 5]);
    assert!(ending.status.success(), "{}", ending.log);
}

#[tokio::test]
async fn listeners_hear_of_executions_in_the_order_in_which_they_were_made() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let mut listener = dock.listen(Some(&ada), &["executions"]).await;
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(ada.execute(&function, "").await);
    }

    let mut created = Vec::new();
    let mut ended = 0;
    while ended < made.len() {
        let event = listener.event().await;
        let id = event["payload"]["$id"].clone();
        if event["event"] == "functions.executions.create" {
            created.push(id);
        } else {
            assert!(created.contains(&id), "none ends before it is made");
            ended += 1;
        }
    }
    assert_eq!(Value::from(created), json!(made));
}
