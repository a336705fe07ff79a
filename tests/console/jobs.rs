//! The jobs of a person at the console's pages beyond functions: users, teams, keys, projects, executing as somebody
//! else, leaving. Judged by what the page shows and, where that says more, by what the API then does.

use drydock_tests::{Actor, Deployed, Dock, Draft, Engine, Images, archive, binary};
use serde_json::{Value, json};

use crate::{NOBODY, scenario, scenario_with_refusals};

/// Names all of what is about to be destroyed.
fn assert_names(question: &Value, names: &[&str]) {
    let text = question.as_str().unwrap();
    for name in names {
        assert!(text.contains(name), "{name} is not in: {text}");
    }
}

/// A function that ends at once and that nobody but its owners may execute.
async fn greeter(dock: &Dock) -> Deployed {
    let draft = Draft::shell("echo hello")
        .set("functionId", "greeter")
        .set("name", "Greeter")
        .set("execute", Vec::<String>::new());
    dock.key().deploy(draft).await
}

/// Says whether it reaches the server that runs it.
const CALLS_HOME: &str = "require('net').connect(process.env.HOME_PORT, '127.0.0.1')\
     .on('connect', () => { console.log('reached'); process.exit(); }).on('error', () => console.log('cut off'));";

#[tokio::test]
async fn a_function_is_cut_off_from_the_network_in_its_settings() {
    // Where the sandbox cannot hold it, the page says so before the execution does.
    for (sandbox, prints, ends, notices) in [
        ("strict", "cut off", "completed", 0),
        ("off", "cannot be had here", "126", 1),
    ] {
        let dock = Dock::launch().env("DRYDOCK_SANDBOX", sandbox).start().await;
        let code = archive::one_file("index.js", CALLS_HOME);
        let draft = Draft::with_code("node-20.0", code, "node index.js")
            .var("HOME_PORT", dock.origin().rsplit(':').next().unwrap())
            .set("functionId", "caller");
        let function = dock.key().deploy(draft).await;
        assert_eq!(dock.key().run(&function, "").await["stdout"], "reached\n");

        let seen = scenario(&dock, "network", Some(&function), &[("PRINTS", prints)]).await;

        assert_eq!(
            seen["first"],
            json!([true, false, false]),
            "full at first, nothing to save: {seen}"
        );
        assert!(
            seen["means"].as_str().unwrap().contains("Nothing but itself"),
            "{seen}"
        );
        assert_eq!(
            (&seen["notice"], &seen["discarded"], &seen["kept"]),
            (&json!(notices), &json!([true, false]), &json!([false, true]))
        );
        assert!(seen["ended"].as_str().unwrap().contains(ends), "{seen}");
        let stored = dock.key().get(&function.path()).ok(200).await;
        assert_eq!(
            (&stored["name"], &stored["vars"]["HOME_PORT"].is_string()),
            (&json!("Renamed"), &true)
        );
    }
}

#[test]
fn a_function_is_given_containers_in_its_settings_and_all_are_stopped_in_the_servers() {
    let engine = Engine::start(Images::Small);
    engine.at_its_network(|| async {
        let dock = Dock::launch().engine(&engine).start().await;
        let draft = Draft::shell("id -u").set("functionId", "caller");
        let function = dock.key().deploy(draft).await;

        let seen = scenario(&dock, "backend", Some(&function), &[]).await;

        assert_eq!(seen["first"], json!([true, false, false]), "{seen}");
        assert_eq!(seen["kept"], true, "{seen}");
        let port = dock.origin().rsplit(':').next().unwrap();
        let endpoint = format!("http://host.docker.internal:{port}/v1");
        let told = seen["told"].as_str().unwrap();
        for words in ["node:20-alpine", "is there", &endpoint] {
            assert!(told.contains(words), "{words} is not in: {told}");
        }
        let shown = seen["engine"].as_str().unwrap();
        for words in ["node:20-alpine", "caller", &engine.host(), &endpoint] {
            assert!(shown.contains(words), "{words} is not in: {shown}");
        }
    });
}

#[tokio::test]
async fn a_user_is_made_found_stood_in_for_blocked_and_deleted() {
    let dock = Dock::start().await;

    let seen = scenario(&dock, "users", None, &[]).await;

    assert_eq!(
        (&seen["dialogIsOpen"], &seen["signsIn"]),
        (&json!(false), &json!(201)),
        "{seen}"
    );
    assert_eq!(
        (&seen["found"], &seen["searchAddress"], &seen["userAddress"]),
        (
            &json!(["Grace Hopper"]),
            &json!("?search=hopp"),
            &json!("/users/ada")
        )
    );
    assert_eq!(
        (&seen["byToken"], &seen["byCookie"], &seen["sessionsMore"]),
        (&json!([200, "ada"]), &json!(200), &json!(1))
    );
    assert_eq!(
        (&seen["tokenIsShown"], &seen["tokenStays"]),
        (&json!(true), &json!(false)),
        "a token is shown once"
    );
    assert_eq!(
        (
            &seen["blockedByToken"],
            &seen["blockedByCookie"],
            &seen["blockedIsStoodInFor"]
        ),
        (&json!(401), &json!(401), &json!(false))
    );
    assert_names(&seen["question"], &["Ada Lovelace", "ada@example.com", "ada"]);
    assert_eq!(seen["listAddress"], "/users");
    dock.key().get("/v1/users/ada").refused(404).await;
    dock.key().get("/v1/users/grace").ok(200).await;
}

#[tokio::test]
async fn a_team_gets_members_roles_and_invitations_and_loses_a_member() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let seen = scenario(&dock, "teams", None, &[("ADA_JWT", &ada.jwt().await)]).await;

    assert_eq!(seen["address"], "/teams/crew");
    assert_eq!(
        (&seen["invitationWithoutRole"], &seen["invitation"]),
        (&json!(401), &json!(201)),
        "only an owner of the team invites"
    );
    assert_names(&seen["roles"], &["owner", "navigator"]);
    assert_eq!(
        (&seen["linkPage"], &seen["confirmed"], &seen["linkStays"]),
        (
            &json!("http://localhost:3000/join"),
            &json!([200, true]),
            &json!(false)
        )
    );
    assert_names(&seen["question"], &["grace@example.com", "Crew"]);
    let left = dock.key().get("/v1/teams/crew/memberships").ok(200).await;
    let member = &left["memberships"][0];
    assert_eq!((&left["sum"], &member["userId"]), (&json!(1), &json!("ada")));
    assert_eq!(
        (&member["roles"], &member["confirm"]),
        (&json!(["owner", "navigator"]), &json!(true))
    );
}

#[tokio::test]
async fn a_key_does_what_its_scope_says_until_it_is_revoked() {
    let dock = Dock::start().await;

    let seen = scenario(&dock, "keys", None, &[]).await;

    assert_eq!(
        (&seen["mayRead"], &seen["mayWrite"], &seen["revoked"]),
        (&json!(200), &json!(401), &json!(401))
    );
    assert_eq!(
        (&seen["madeIsShown"], &seen["stays"]),
        (&json!(true), &json!(false)),
        "a fresh secret is shown and not kept"
    );
    assert_eq!(
        (&seen["shown"], &seen["hidden"], &seen["copiedIsIt"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_names(&seen["question"], &["Reader", "refused at once"]);
    let keys = dock
        .console_owner()
        .get("/v1/projects/default/keys")
        .ok(200)
        .await;
    assert_eq!(keys["sum"], 1, "that of the first start stays: {keys}");
}

#[tokio::test]
async fn a_second_project_is_a_place_of_its_own_with_settings_that_take_effect() {
    let dock = Dock::start().await;
    let function = greeter(&dock).await;

    let seen = scenario(&dock, "projects", Some(&function), &[]).await;

    assert_eq!(seen["address"], "/functions?project=second-home");
    assert_eq!(seen["afterReload"], json!(["/functions", "default"]));
    assert_eq!(seen["byAddress"], json!(["second-home", false]));
    assert_eq!(seen["settingsAddress"], "/settings?project=second-home");
    assert_eq!(
        seen["server"]["Standby"],
        "0 of at most 4 processes, 0 B; none was needed yet"
    );
    assert_names(&seen["platform"], &["shop.example.com"]);
    assert!(
        !seen["platform"].as_str().unwrap().contains("basket"),
        "the host alone: {seen}"
    );
    assert_eq!(
        (&seen["unknownPage"], &seen["knownPage"]),
        (&json!(403), &json!(201)),
        "a page may call once its platform is there"
    );
    assert_eq!(
        (&seen["methodOff"], &seen["serviceOff"], &seen["allOn"]),
        (&json!(501), &json!(503), &json!(201))
    );
    assert_eq!(seen["stored"], json!([false, false]));
    let home = dock.guest().post("/v1/account").json(&json!({
        "userId": "unique()", "email": "at-home@example.com", "password": "a long password"
    }));
    home.ok(201).await;
}

#[tokio::test]
async fn executing_as_somebody_else_is_refused_and_allowed_as_it_is_to_them() {
    let dock = Dock::start().await;
    let function = greeter(&dock).await;
    let ada = dock.sign_up("ada").await;
    dock.sign_up("grace").await;
    let path = format!("{}/executions", function.path());
    let refusal = async |caller: &Actor| caller.post(&path).json(&json!({})).refused(401).await;
    let refusals = [refusal(&dock.guest()).await, refusal(&ada).await];

    let seen = scenario_with_refusals(&dock, "run_as", Some(&function), &[]).await;

    let refused = "401 /console/api/projects/default/functions/greeter/executions";
    assert_eq!(seen["refusals"], json!([refused, refused]));
    assert_names(&seen["guest"], &["It was not executed", &refusals[0]]);
    assert_names(&seen["user"], &["It was not executed", &refusals[1]]);
    assert_eq!(
        (&seen["readyWithoutUser"], &seen["chosen"], &seen["refusalStays"]),
        (&json!(false), &json!("ada"), &json!(false))
    );
    assert_eq!(
        (&seen["changed"], &seen["callerAddress"]),
        (&json!(200), &json!("/users/ada"))
    );
    assert_eq!(seen["rows"], 2, "who is refused leaves no execution");
    let list = dock
        .another_console()
        .await
        .get("/projects/default/functions/greeter/executions")
        .await;
    let callers: Vec<_> = list["executions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["caller"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    assert_eq!(callers[1], ("user:ada", "completed"), "{list}");
    assert!(
        callers[0].0.starts_with("key:") && callers[0].1 == "completed",
        "{list}"
    );
}

#[tokio::test]
async fn signing_out_closes_every_tab_until_a_fresh_link() {
    let dock = Dock::start().await;
    let admin = dock.server_file()["adminToken"].as_str().unwrap().to_owned();

    let seen = scenario(&dock, "sign_out", None, &[("DRYDOCK_ADMIN", &admin)]).await;

    assert_eq!(seen["stillInside"], json!([false, false]));
    assert_eq!(seen["tokenInAddress"], false);
    assert!(
        seen["refusals"].as_array().unwrap().contains(&json!(NOBODY)),
        "the other tab was told by the server: {seen}"
    );
    let half = |when: &str, which: &str| seen[when][which].as_str().unwrap().to_owned();
    let page = Actor::new(dock.origin())
        .header("origin", dock.origin())
        .header("sec-fetch-site", "same-origin");
    let opens = async |cookie: &str, proof: &str| {
        let who = page
            .clone()
            .header("cookie", cookie)
            .header("x-drydock-console", proof);
        who.get("/console/api/session").send_unchecked().await.status == 200
    };
    let (old_cookie, old_proof) = (half("before", "cookie"), half("before", "proof"));
    let (cookie, proof) = (half("after", "cookie"), half("after", "proof"));
    assert!(opens(&cookie, &proof).await, "both halves work");
    assert!(
        !opens(&cookie, &old_proof).await && !opens(&old_cookie, &proof).await,
        "neither alone"
    );
    assert!(!opens(&old_cookie, &old_proof).await, "the old session is over");
    dock.key().get("/v1/teams/made-afterwards").ok(200).await;
}

#[tokio::test]
async fn an_execution_shows_the_variables_that_it_was_given() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let draft = Draft::shell("echo hello")
            .set("functionId", "greeter")
            .set("name", "Greeter")
            .var("API_TOKEN", "not-for-a-screenshot");
        let function = dock.key().deploy(draft).await;

        let seen = scenario(
            &dock,
            "environment",
            Some(&function),
            &[("COLOR_SCHEME", color_scheme)],
        )
        .await;

        let text = |name: &str| seen[name].as_str().unwrap().to_owned();
        assert!(!text("masked").contains("not-for-a-screenshot"), "{seen}");
        assert!(text("shown").contains("not-for-a-screenshot"), "{seen}");
        for told in [
            "APPWRITE_FUNCTION_DATA",
            "for the environment",
            "APPWRITE_FUNCTION_TRIGGER",
            "http",
        ] {
            assert!(text("contract").contains(told), "{seen}");
        }
        assert!(
            text("address").contains("environment"),
            "it has an address: {seen}"
        );
    }
}

#[tokio::test]
async fn what_happens_out_of_sight_is_told() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let draft = Draft::shell("sleep 600")
            .set("functionId", "sleeper")
            .set("name", "Sleeper")
            .set("timeout", 900);
        let function = dock.key().deploy(draft).await;
        let (program, data) = (binary(), dock.data());
        let env = [
            ("COLOR_SCHEME", color_scheme),
            ("DRYDOCK_BIN", program.to_str().unwrap()),
            ("DRYDOCK_DATA_DIR", data.to_str().unwrap()),
        ];

        let seen = scenario(&dock, "messages", Some(&function), &env).await;

        let ended = seen["ended"].as_str().unwrap();
        assert!(ended.contains("Sleeper failed with exit code 130"), "{seen}");
        assert_eq!(
            (&seen["left"], &seen["copied"]),
            (&json!(""), &json!(dock.ready("endpoint"))),
            "{seen}"
        );
    }
}
