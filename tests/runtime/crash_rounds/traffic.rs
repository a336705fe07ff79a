//! Clients that want everything at once, each one thing after the other, until the server is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use drydock_tests::{Actor, Answer, Chance, Request, archive, form_data, process};
use serde_json::json;

use super::EXECUTIONS;
use super::book::{Book, End, Execution, Function, Tag, Wish};

/// Prints so many bytes and a last line between two words with the witness.
pub(super) const SCRIPT: &str = r#"
read -r name prints pause <<< "$APPWRITE_FUNCTION_DATA"
exec 3<> "/dev/tcp/127.0.0.1/$WITNESS_PORT" || exit 9
echo "$name" >&3
read -r go <&3
sleep "$pause"
printf "%${prints}s\n" x
echo "done $name"
echo done >&3
"#;
/// Most that one of them prints: together enough that their removal shortens the file.
const PRINTS: usize = 60_000;

/// Most tags of a function, so that a round takes no longer after many others.
const TAGS: usize = 5;

/// What every client has.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) key: Actor,
    pub(super) owner: Actor,
    pub(super) book: Book,
    pub(super) witness_port: String,
    pub(super) mark: String,
    pub(super) hour: i64,
    /// Whether the server was killed, so that it may leave questions unanswered.
    pub(super) killed: Arc<AtomicBool>,
    pub(super) number: usize,
    pub(super) chance: Chance,
}

/// The server is gone.
struct Gone;

impl Client {
    /// Asks for one thing after the other until the server is gone.
    pub(super) async fn run(mut self) {
        while self.step().await.is_ok() {}
        assert!(
            self.killed.load(Ordering::SeqCst),
            "the server was gone before it was killed"
        );
    }

    async fn step(&mut self) -> Result<(), Gone> {
        let own = self.book.open().standing(Some(self.number));
        let Some(function) = self.chance.one_of(&own) else {
            return self.create().await;
        };
        let tags = self.book.open().tags_of(&function);
        let Some((tag, tag_id)) = self.chance.one_of(&tags) else {
            return self.upload(&function).await;
        };
        match self.chance.below(100) {
            0..40 => self.execute().await,
            40..52 if tags.len() < TAGS => self.upload(&function).await,
            52..62 => self.activate(&function, tag, &tag_id).await,
            62..78 => self.cancel().await,
            40..52 | 78..84 => self.delete_tag(&function, tag, &tag_id).await,
            84..90 => self.pin().await,
            90..95 => self.read().await,
            95..98 if own.len() < 3 => self.create().await,
            _ if own.len() > 1 => self.delete_function(&function).await,
            _ => Ok(()),
        }
    }

    async fn create(&mut self) -> Result<(), Gone> {
        let id = {
            let mut book = self.book.open();
            let id = format!("f{}", book.number());
            let function = Function {
                owner: self.number,
                active: vec![None],
                ..Function::default()
            };
            book.functions.insert(id.clone(), function);
            id
        };
        let body = json!({
            "functionId": id, "name": "Test", "runtime": "node-20.0", "timeout": 60,
            "vars": { "WITNESS_PORT": self.witness_port, (process::MARK): self.mark },
        });
        self.ask(self.key.post("/v1/functions").json(&body), &[201])
            .await?;
        self.book.open().functions.get_mut(&id).unwrap().made = true;
        self.upload(&id).await
    }

    async fn upload(&mut self, function: &str) -> Result<(), Gone> {
        let number = self.book.open().number();
        let mut files = vec![("main.sh".to_owned(), SCRIPT.as_bytes().to_vec())];
        for n in 0..self.chance.below(6) {
            let size = self.chance.below(20_000);
            files.push((format!("data/{n}/file.bin"), self.chance.bytes(size)));
        }
        let packed = files
            .iter()
            .fold(archive::Archive::new(), |packed, (name, content)| {
                packed.file(&format!("./{name}"), content)
            });
        let archive = packed.gzipped();
        let tag = Tag {
            function: function.to_owned(),
            id: None,
            archive: archive.clone(),
            files,
            deleted: Wish::None,
        };
        self.book.open().tags.insert(number, tag);
        let form = form_data(&command(number), "code.tar.gz", archive);
        let path = format!("/v1/functions/{function}/tags");
        let answer = self.ask(self.key.post(&path).multipart(form), &[201]).await?;
        let id = answer.json()["$id"].as_str().unwrap().to_owned();
        self.book.open().tags.get_mut(&number).unwrap().id = Some(id.clone());
        if self.chance.percent(60) {
            self.activate(function, number, &id).await?;
        }
        Ok(())
    }

    async fn activate(&self, function: &str, tag: usize, id: &str) -> Result<(), Gone> {
        self.active_may_be(function, Some(tag));
        let path = format!("/v1/functions/{function}/tag");
        self.ask(self.key.patch(&path).json(&json!({ "tag": id })), &[200])
            .await?;
        self.active_is(function, Some(tag));
        Ok(())
    }

    async fn delete_tag(&self, function: &str, tag: usize, id: &str) -> Result<(), Gone> {
        self.book.open().tags.get_mut(&tag).unwrap().deleted = Wish::Asked;
        let was_active = self.book.open().functions[function].active == [Some(tag)];
        if was_active {
            self.active_may_be(function, None);
        }
        let path = format!("/v1/functions/{function}/tags/{id}");
        self.ask(self.key.delete(&path), &[204]).await?;
        self.book.open().tags.get_mut(&tag).unwrap().deleted = Wish::Done;
        if was_active {
            self.active_is(function, None);
        }
        Ok(())
    }

    async fn delete_function(&self, id: &str) -> Result<(), Gone> {
        self.book.open().functions.get_mut(id).unwrap().deleted = Wish::Asked;
        self.ask(self.key.delete(&format!("/v1/functions/{id}")), &[204])
            .await?;
        self.book.open().functions.get_mut(id).unwrap().deleted = Wish::Done;
        Ok(())
    }

    /// Executes any function, also one that its owner deletes in this moment.
    async fn execute(&mut self) -> Result<(), Gone> {
        let all = self.book.open().standing(None);
        let Some(function) = self.chance.one_of(&all) else {
            return Ok(());
        };
        let prints = 1 + self.chance.below(PRINTS);
        let name = {
            let mut book = self.book.open();
            if book.allowance == 0 || book.functions[&function].active == [None] {
                return Ok(());
            }
            book.allowance -= 1;
            // Of one length, so that they sort by age.
            let name = format!("x{:06}", book.number());
            let execution = Execution {
                function: function.clone(),
                id: None,
                prints,
                hour: self.hour,
                cancelled: Wish::None,
                pinned: Wish::None,
                end: None,
                checked: false,
            };
            book.executions.insert(name.clone(), execution);
            name
        };
        // Most end at once; some are surely there when the server dies.
        let pause = ["0", "0", "0.05", "0.3"][self.chance.below(4)];
        let data = format!("{name} {prints} {pause}");
        let path = format!("/v1/functions/{function}/executions");
        let answer = self
            .ask(self.key.post(&path).json(&json!({ "data": data })), &[201, 404])
            .await?;
        let mut book = self.book.open();
        if answer.status == 201 {
            let id = answer.json()["$id"].as_str().unwrap().to_owned();
            book.executions.get_mut(&name).unwrap().id = Some(id);
        } else {
            book.executions.remove(&name);
        }
        Ok(())
    }

    async fn cancel(&mut self) -> Result<(), Gone> {
        let answered = self.book.open().answered();
        // The newest ones: the others have ended.
        let newest = &answered[answered.len().saturating_sub(EXECUTIONS)..];
        let Some((name, id)) = self.chance.one_of(newest) else {
            return Ok(());
        };
        self.wish(&name, |execution| execution.cancelled = Wish::Asked);
        let path = format!("/console/api/projects/default/executions/{id}/cancel");
        let answer = self.ask(self.owner.post(&path), &[200, 404, 409]).await?;
        if answer.status == 200 {
            let end = End::told_by(&answer.json());
            self.wish(&name, |execution| {
                execution.cancelled = Wish::Done;
                execution.end = end;
            });
        }
        Ok(())
    }

    async fn pin(&mut self) -> Result<(), Gone> {
        let answered = self.book.open().answered();
        let Some((name, id)) = self.chance.one_of(&answered) else {
            return Ok(());
        };
        let path = format!("/console/api/projects/default/executions/{id}");
        let request = self.owner.patch(&path).json(&json!({ "pinned": true }));
        self.wish(&name, |execution| {
            if execution.pinned == Wish::None {
                execution.pinned = Wish::Asked;
            }
        });
        if self.ask(request, &[200, 404]).await?.status == 200 {
            self.wish(&name, |execution| execution.pinned = Wish::Done);
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Gone> {
        let answered = self.book.open().answered();
        let Some((name, id)) = self.chance.one_of(&answered) else {
            return Ok(());
        };
        let function = self.book.open().executions[&name].function.clone();
        let path = format!("/v1/functions/{function}/executions/{id}");
        let answer = self.ask(self.key.get(&path), &[200, 404]).await?;
        if answer.status == 200
            && let Some(end) = End::told_by(&answer.json())
        {
            self.wish(&name, |execution| {
                assert!(
                    execution.end.as_ref().is_none_or(|known| *known == end),
                    "{answer}"
                );
                execution.end = Some(end);
            });
        }
        Ok(())
    }

    async fn ask(&self, request: Request, expected: &[u16]) -> Result<Answer, Gone> {
        let answer = request.attempt().await.ok_or(Gone)?;
        assert!(expected.contains(&answer.status), "{answer}");
        Ok(answer)
    }

    fn wish(&self, name: &str, change: impl FnOnce(&mut Execution)) {
        change(self.book.open().executions.get_mut(name).unwrap());
    }

    fn active_may_be(&self, function: &str, tag: Option<usize>) {
        let mut book = self.book.open();
        book.functions.get_mut(function).unwrap().active.push(tag);
    }

    fn active_is(&self, function: &str, tag: Option<usize>) {
        self.book.open().functions.get_mut(function).unwrap().active = vec![tag];
    }
}

/// The command of a tag, with its number, which the script does not look at.
pub(super) fn command(number: usize) -> String {
    format!("bash main.sh {number}")
}

/// The number in a tag's command.
pub(super) fn number_in(command: &str) -> usize {
    command.rsplit(' ').next().unwrap().parse().unwrap()
}
