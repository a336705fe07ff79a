//! `link`: what it makes, says, and ends with.

use drydock_tests::Dock;

use crate::drydock;
use crate::folders::Code;

#[tokio::test]
async fn a_linked_folder_is_live_when_the_command_ends() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.log('linked');")]);
    let linked = drydock(&dock, &["link", &code.name(), "--function", "mine"])
        .await
        .expect_code(0);
    assert!(
        linked
            .stdout
            .contains("is linked to the function mine, made now,")
            && linked.stdout.contains("1 file,"),
        "{}",
        linked.stdout
    );
    let ran = drydock(&dock, &["exec", "mine", "--wait"]).await.expect_code(0);
    assert_eq!(ran.stdout, "linked\n");

    // Once more is no change, and makes no tag.
    let again = drydock(&dock, &["link", &code.name(), "--json"])
        .await
        .expect_code(0)
        .json();
    let row = &again["functions"][0];
    assert_eq!(
        (&row["functionId"], &row["isNew"]),
        (&"mine".into(), &false.into())
    );
    assert_eq!(row["link"]["command"], "node index.js");
    let tags = drydock(&dock, &["tags", "list", "mine", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(tags["tags"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn code_that_does_not_parse_is_linked_and_exits_with_1_and_says_where() {
    let dock = Dock::start().await;
    let code = Code::of(&[("main.py", "print('x'\n")]);
    let linked = drydock(&dock, &["link", &code.name()]).await.expect_code(1);
    assert!(linked.stderr.contains("main.py:1"), "{}", linked.stderr);
    let answer = dock
        .owner()
        .get("/console/api/projects/default/links")
        .send_unchecked()
        .await;
    assert_eq!(answer.json()["links"][0]["functionId"], "hello");
}

#[tokio::test]
async fn the_runtime_of_a_function_that_is_there_stays() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "")]);
    let create = [
        "functions",
        "create",
        "--id",
        "mine",
        "--name",
        "Mine",
        "--runtime",
        "node-16.0",
    ];
    drydock(&dock, &create).await.expect_code(0);
    let (name, flags) = (code.name(), ["--function", "mine", "--runtime", "node-18.0"]);
    let message = drydock(&dock, &[&["link", name.as_str()], &flags[..]].concat())
        .await
        .expect_code(1)
        .stderr;
    assert!(
        message.contains("node-16.0") && message.contains("cannot change"),
        "{message}"
    );
    let linked = drydock(&dock, &["link", &name, "--function", "mine"])
        .await
        .expect_code(0);
    assert!(linked.stdout.contains("in node-16.0"), "{}", linked.stdout);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_named_by_a_link_stays_so() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.log('one');")]);
    let current = code.beside("current");
    std::os::unix::fs::symlink(code.path(), &current).unwrap();
    let name = current.to_str().unwrap();
    let linked = drydock(&dock, &["link", name, "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(linked["functions"][0]["link"]["folder"], name);
    // By its other name it is the same one.
    let again = drydock(&dock, &["link", &code.name(), "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        again["functions"][0]["functionId"],
        linked["functions"][0]["functionId"]
    );
}

#[tokio::test]
async fn a_file_that_the_command_names_and_a_rule_leaves_out_is_said() {
    let dock = Dock::start().await;
    let code = Code::of(&[
        ("package.json", r#"{ "main": "dist/main.js" }"#),
        ("dist/main.js", "console.log('built');"),
        (".gitignore", "dist\n"),
    ]);
    let linked = drydock(&dock, &["link", &code.name()]).await.expect_code(0);
    assert!(
        linked.stderr.contains("names dist/main.js, which .gitignore"),
        "{}",
        linked.stderr
    );
    // As it says.
    code.write(".drydockignore", "!dist\n");
    drydock_tests::until("the file is live", async || {
        let ran = drydock(&dock, &["exec", "hello", "--wait"]).await;
        (ran.stdout == "built\n").then_some(())
    })
    .await;
}

#[tokio::test]
async fn linking_again_brings_back_code_whose_tag_was_deleted() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.log('back');")]);
    drydock(&dock, &["link", &code.name()]).await.expect_code(0);
    let function = drydock(&dock, &["functions", "get", "hello", "--json"])
        .await
        .expect_code(0)
        .json();
    let tag = function["tag"].as_str().unwrap();
    drydock(&dock, &["tags", "delete", "hello", tag])
        .await
        .expect_code(0);
    drydock(&dock, &["link", &code.name()]).await.expect_code(0);
    let ran = drydock(&dock, &["exec", "hello", "--wait"]).await.expect_code(0);
    assert_eq!(ran.stdout, "back\n");
}

#[tokio::test]
async fn a_folder_that_is_named_from_another_one_does_not_depend_on_that_one() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "")]);
    std::fs::create_dir(code.beside("two")).unwrap();
    let mut command = dock.command();
    command
        .args(["link", "../hello", "--json"])
        .current_dir(code.beside("two"));
    let linked = drydock_tests::run(&mut command).await.expect_code(0).json();
    let folder = linked["functions"][0]["link"]["folder"].as_str().unwrap();
    assert_eq!(folder, code.path().canonicalize().unwrap().to_str().unwrap());
}

#[tokio::test]
async fn a_folder_is_looked_at_again_and_again_where_that_is_asked_for() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.log('one');")]);
    let linked = drydock(&dock, &["link", &code.name(), "--polling", "--json"])
        .await
        .expect_code(0)
        .json();
    let link = &linked["functions"][0]["link"];
    assert_eq!(
        (&link["polling"], &link["state"]),
        (&true.into(), &"polling".into())
    );
    code.write("index.js", "console.log('two');");
    drydock_tests::until("the save is live without being told of", async || {
        let ran = drydock(&dock, &["exec", "hello", "--wait"]).await.expect_code(0);
        (ran.stdout == "two\n").then_some(())
    })
    .await;
    // What was chosen for the folder stays when it is linked again.
    let again = drydock(&dock, &["link", &code.name(), "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(again["functions"][0]["link"]["polling"], true);
}
