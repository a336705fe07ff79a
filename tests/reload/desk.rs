//! A developer's desk: a server, a function, and the folder that is linked to it.
//!
//! Owns: making all three, looking at what is live (by the archive of the active tag) and waiting until that is what the
//! folder holds. Must not: know how a change is noticed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use drydock_tests::{Actor, Deployed, Disk, Dock, LIMIT, Launch, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::code::{self, Code, Thing};

/// What the folder holds first.
pub(crate) const FIRST: &str = "echo first\n";

/// The desk.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) dock: Dock,
    pub(crate) function: Deployed,
    owner: Actor,
    folder: PathBuf,
    /// Where the folder lies.
    place: TempDir,
    markers: AtomicUsize,
}

impl Desk {
    /// A folder with a shell script, linked and live.
    pub(crate) async fn new() -> Self {
        Self::by(Dock::launch()).await
    }

    /// The same with settings.
    pub(crate) async fn by(launch: Launch) -> Self {
        let desk = Self::unlinked(launch.start().await).await;
        desk.link("sh main.sh").await;
        desk.is_live().await;
        desk
    }

    /// The same with its data on a disk that only the server sees.
    pub(crate) async fn on(small: &Disk) -> Self {
        let dock = small.launch().start().await;
        let file: Value =
            serde_json::from_slice(&fs::read(small.data().join("server.json")).unwrap()).unwrap();
        let owner = dock
            .guest()
            .header("x-drydock-admin", file["adminToken"].as_str().unwrap());
        let desk = Self::unlinked_of(dock, owner).await;
        desk.link("sh main.sh").await;
        desk.is_live().await;
        desk
    }

    /// A function in JavaScript with these files.
    pub(crate) async fn node(files: &[(&str, &str)]) -> Self {
        let desk = Self::unlinked(Dock::start().await).await;
        fs::remove_file(desk.path("main.sh")).unwrap();
        for (path, text) in files {
            desk.write(path, text);
        }
        desk.link("node index.js").await;
        desk.is_live().await;
        desk
    }

    /// A folder with a shell script and a function without code.
    pub(crate) async fn unlinked(dock: Dock) -> Self {
        let owner = dock.owner();
        Self::unlinked_of(dock, owner).await
    }

    async fn unlinked_of(dock: Dock, owner: Actor) -> Self {
        let place = TempDir::new().unwrap();
        let folder = place.path().join("code");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("main.sh"), FIRST).unwrap();
        let id = dock.key().create_function().await;
        Self {
            dock,
            owner,
            function: Deployed {
                id,
                tag: String::new(),
            },
            folder,
            place,
            markers: AtomicUsize::new(0),
        }
    }

    /// The server, and the desk without it.
    pub(crate) fn crash(self) -> Away {
        let Self {
            dock,
            owner: _,
            function,
            folder,
            place,
            markers,
        } = self;
        Away {
            data: dock.crash(),
            function,
            folder,
            place,
            markers,
        }
    }

    /// The linked folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Something beside the linked folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A path in the folder.
    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.folder.join(inside)
    }

    /// Writes a file in place, with the folders above it.
    pub(crate) fn write(&self, inside: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The owner of the machine.
    pub(crate) fn owner(&self) -> Actor {
        self.owner.clone()
    }

    /// A path of the console's API about the function.
    pub(crate) fn console(&self, rest: &str) -> String {
        format!(
            "/console/api/projects/default/functions/{}{rest}",
            self.function.id
        )
    }

    /// Links the folder.
    pub(crate) async fn link(&self, command: &str) -> Value {
        self.link_by(json!({ "folder": self.folder, "command": command }))
            .await
    }

    /// Links whatever is asked for.
    pub(crate) async fn link_by(&self, body: Value) -> Value {
        let request = self.owner().put(&self.console("/link")).json(&body);
        let answer = request.send_unchecked().await;
        answer.expect_status(200);
        answer.json()
    }

    /// The link as it is; null where there is none.
    pub(crate) async fn row(&self) -> Value {
        self.get("/link").await["link"].clone()
    }

    /// Waits until the link's row is as wanted.
    pub(crate) async fn row_is(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = patiently(async || {
            last = self.row().await;
            is(&last).then(|| last.clone())
        })
        .await;
        found.unwrap_or_else(|| panic!("waited in vain until {what}: {last:#}"))
    }

    /// Something of the console's API about the function.
    pub(crate) async fn get(&self, rest: &str) -> Value {
        let answer = self.owner().get(&self.console(rest)).send_unchecked().await;
        answer.expect_status(200);
        answer.json()
    }

    /// All tags, the newest first.
    pub(crate) async fn tags(&self) -> Vec<Value> {
        let list = self.get("/tags?limit=100&orderType=DESC").await;
        list["tags"].as_array().unwrap().clone()
    }

    /// How many tags there are, once all that was done so far is live.
    pub(crate) async fn tag_count(&self) -> usize {
        self.is_live().await;
        self.tags().await.len()
    }

    /// The active tag.
    pub(crate) async fn active(&self) -> Option<String> {
        let function = self.dock.key().get(&self.function.path()).ok(200).await;
        let tag = function["tag"].as_str().unwrap().to_owned();
        (!tag.is_empty()).then_some(tag)
    }

    /// What is in a tag.
    pub(crate) async fn code_of(&self, tag: &str) -> Code {
        self.try_code_of(tag).await.unwrap()
    }

    async fn try_code_of(&self, tag: &str) -> Option<Code> {
        let path = self.console(&format!("/tags/{tag}/archive"));
        let answer = self.owner().get(&path).send_unchecked().await;
        // It may have gone since it was looked up.
        (answer.status == 200).then(|| code::in_archive(&answer.body))
    }

    /// What is live.
    pub(crate) async fn live(&self) -> Code {
        match self.active().await {
            Some(tag) => self.try_code_of(&tag).await.unwrap_or_default(),
            None => Code::new(),
        }
    }

    /// Waits until all that is in the folder is live, and nothing else.
    pub(crate) async fn is_live(&self) {
        self.is_live_without(&|_| false).await;
    }

    /// The same without what is never code.
    pub(crate) async fn is_live_without(&self, is_left_out: &dyn Fn(&Path) -> bool) {
        self.lives(&code::in_folder(&self.folder, is_left_out)).await;
    }

    /// Waits until exactly this is live.
    pub(crate) async fn lives(&self, expected: &Code) {
        let mut live = Code::new();
        let found = patiently(async || {
            live = self.live().await;
            (live == *expected).then_some(())
        })
        .await;
        if found.is_none() {
            let differences = code::difference(expected, &live);
            let shown = &differences[..differences.len().min(20)];
            panic!(
                "what is live is not what the folder holds, {} differences:\n{}\nlink: {:#}",
                differences.len(),
                shown.join("\n"),
                self.row().await
            );
        }
    }

    /// Waits until a file is live with this text.
    pub(crate) async fn file_is_live(&self, inside: impl AsRef<Path>, text: &str) {
        let path = inside.as_ref();
        until(&format!("{} is live", path.display()), async || {
            (self.live().await.get(path) == Some(&Thing::text(text))).then_some(())
        })
        .await;
    }

    /// A save that is seen to have become live: whatever was done before it was looked at no later. Its name.
    pub(crate) async fn marker(&self) -> String {
        let number = self.markers.fetch_add(1, Ordering::Relaxed);
        let name = format!("marker-{number}");
        self.write(&name, "");
        self.file_is_live(&name, "").await;
        name
    }

    /// Executes what is live; its output.
    pub(crate) async fn run(&self) -> String {
        let run = self.dock.key().run(&self.function, "").await;
        assert_eq!(run["status"], "completed", "{run:#}");
        run["stdout"].as_str().unwrap().to_owned()
    }
}

/// A desk whose server is gone.
#[derive(Debug)]
pub(crate) struct Away {
    pub(crate) data: drydock_tests::Folder,
    function: Deployed,
    folder: PathBuf,
    place: TempDir,
    markers: AtomicUsize,
}

impl Away {
    /// Writes a file while nobody looks.
    pub(crate) fn write(&self, inside: &str, text: &str) {
        fs::write(self.folder.join(inside), text).unwrap();
    }

    /// Back at a server.
    pub(crate) async fn back(self) -> Desk {
        let dock = Dock::launch().on(&self.data).start().await;
        Desk {
            owner: dock.owner(),
            dock,
            function: self.function,
            folder: self.folder,
            place: self.place,
            markers: self.markers,
        }
    }
}

/// Looks again and again within the limit; says nothing where it is in vain, so that the caller can say what it saw.
pub(crate) async fn patiently<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        if let Some(found) = look().await {
            return Some(found);
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    None
}

/// Runs a program in a folder to its end, which must be a good one.
pub(crate) fn tool(folder: &Path, words: &[&str]) {
    let done = std::process::Command::new(words[0])
        .args(&words[1..])
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{words:?}: {error}"));
    assert!(
        done.status.success(),
        "{words:?}: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A shell script in a folder, which must end well.
pub(crate) fn shell(folder: &Path, script: &str) {
    tool(folder, &["sh", "-euc", script]);
}
