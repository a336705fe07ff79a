//! Where there is no sandbox: functions may write into their code, and nothing but that one layout of it is damaged.

use std::fs;

use drydock_tests::{Dock, until};

use super::desk::Desk;

/// Writes wherever it may in its own code.
const VANDAL: &str = "const fs = require('fs');
for (const name of ['index.js', 'lib/data.txt', 'new.txt']) {
  try { fs.chmodSync(name, 0o644); } catch {}
  try { fs.writeFileSync(name, 'vandalised'); } catch {}
}
try { fs.renameSync('lib/other.txt', 'lib/moved.txt'); } catch {}
console.log('done', process.env.APPWRITE_FUNCTION_DATA);
";

#[tokio::test]
async fn a_function_without_a_sandbox_that_writes_into_its_code_damages_no_other_tag() {
    let dock = Dock::launch().env("DRYDOCK_SANDBOX", "off").start().await;
    let desk = Desk::unlinked(dock).await;
    fs::remove_file(desk.path("main.sh")).unwrap();
    desk.write("index.js", VANDAL);
    desk.write("lib/data.txt", "data");
    desk.write("lib/other.txt", "other");
    desk.link("node index.js").await;
    desk.is_live().await;
    assert_eq!(desk.run().await.trim_end(), "done");
    // The store has what was saved, and so has the folder.
    desk.is_live().await;
    assert_eq!(fs::read_to_string(desk.path("lib/data.txt")).unwrap(), "data");

    for number in 0..3 {
        let list = format!(
            "const {{ readdirSync: list, readFileSync: read }} = require('fs'); \
             console.log({number}, list('.').concat(list('lib')).sort().join(), read('lib/data.txt', 'utf8'));\n\
             {VANDAL}"
        );
        desk.write("index.js", list);
        desk.is_live().await;
        let said = desk.run().await;
        let expected = format!("{number} data.txt,index.js,lib,other.txt data");
        assert_eq!(
            said.lines().next(),
            Some(expected.as_str()),
            "nothing comes along from the tag before"
        );
        desk.is_live().await;
    }
}

#[tokio::test]
async fn a_function_in_the_sandbox_cannot_write_into_its_code_at_all() {
    let desk = Desk::node(&[
        ("index.js", VANDAL),
        ("lib/data.txt", "data"),
        ("lib/other.txt", "other"),
    ])
    .await;
    assert_eq!(desk.run().await.trim_end(), "done");
    let tree = format!("code/default/{}", desk.function.id);
    until("nothing was written", async || {
        let code = drydock_tests::tree::list(&desk.dock.data().join(&tree));
        (!code
            .iter()
            .any(|path| path.contains("new.txt") || path.contains("moved")))
        .then_some(())
    })
    .await;
    desk.is_live().await;
    assert_eq!(desk.run().await.trim_end(), "done");
}
