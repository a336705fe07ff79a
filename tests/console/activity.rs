//! The Activity page in a real browser.

use drydock_tests::Dock;
use serde_json::{Value, json};

use crate::{scenario, slow_function};

fn texts(seen: &Value, what: &str) -> Vec<String> {
    let lines = seen[what].as_array().unwrap();
    lines
        .iter()
        .map(|line| line.as_str().unwrap().trim().to_owned())
        .collect()
}

#[tokio::test]
async fn what_happens_is_told_in_words_as_it_happens_and_leads_on() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let function = slow_function(&dock).await;
        let folder = dock.folder().beside("greeter");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("index.js"), "console.log('saved');\n").unwrap();
        let admin = dock.server_file()["adminToken"].as_str().unwrap().to_owned();
        let env = [
            ("COLOR_SCHEME", color_scheme),
            ("DRYDOCK_ADMIN", &admin),
            ("FOLDER", folder.to_str().unwrap()),
        ];

        let seen = scenario(&dock, "activity", Some(&function), &env).await;

        let tag = &function.tag[..10];
        let by_key = |what: &str| format!("API key Made at first start {what}");
        let deployed = [
            by_key(&format!("activated tag {tag} of Slow greeter")),
            by_key(&format!("uploaded tag {tag} to Slow greeter")),
            by_key("created the function Slow greeter"),
        ];
        assert_eq!(texts(&seen, "atFirst"), deployed, "{seen}");
        let live = texts(&seen, "live");
        assert_eq!(live[0], "A save in Slow greeter is live: index.js", "{seen}");
        assert_eq!(
            live[1],
            format!("You linked Slow greeter to {}", folder.display()),
            "{seen}"
        );
        assert_eq!(live[2], by_key("created the user Ada Lovelace"), "{seen}");
        assert_eq!(live[3], by_key("executed Slow greeter"), "{seen}");
        assert_eq!(live[4..], deployed, "{seen}");
        assert_eq!(
            texts(&seen, "people"),
            [by_key("created the user Ada Lovelace")],
            "{seen}"
        );
        assert_eq!(seen["keptKind"], true, "{seen}");
        assert_eq!(seen["userAddress"], "/users/ada");
        let run = seen["executionAddress"].as_str().unwrap();
        assert!(run.starts_with("/functions/slow-greeter/executions/"), "{seen}");
        assert_eq!(
            (&seen["firstPage"], &seen["olderStay"], &seen["overflows"]),
            (&json!(50), &json!(true), &json!(false)),
            "{seen}"
        );
        assert_eq!(
            seen["newest"].as_str().unwrap().trim(),
            by_key("changed the name of Ada again")
        );
    }
}
