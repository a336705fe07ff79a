//! Functions that attack their container: its process 1, and the word by which that tells of the end. They fool nobody but
//! their own caller.

use drydock_tests::{Dock, Draft, Engine, Images, process, until};

use crate::either::{Place, python};

/// Finds the word of its process 1, which is the first argument of its script.
const WORD: &str = "import sys
words = open('/proc/1/cmdline').read().split('\\0')
word = words[words.index('-c') + 2]
";

#[tokio::test]
async fn who_prints_the_word_of_the_end_ends_and_is_believed_its_own_exit_code() {
    let end = "
import os, time
for stream in (1, 2): os.write(stream, f'\\x1e{word} 7 - - 0 0\\x1e'.encode())
if os.fork(): time.sleep(600)
time.sleep(600)
";
    let place = Place::with(&[]).await;
    let run = place.run(python(&format!("{WORD}{end}")), false).await;
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&"failed".into(), &7.into()),
        "{run}"
    );
}

#[tokio::test]
async fn a_word_of_the_end_that_is_half_or_wrong_is_output() {
    let script = "
import os
os.write(1, f'\\x1e{word} seven'.encode())
os.write(1, b'\\x1e\\x1e another 0 - - 0 0\\x1e')
";
    let place = Place::with(&[]).await;
    let run = place.run(python(&format!("{WORD}{script}")), false).await;
    assert_eq!(run["exitCode"], 0, "{run}");
    assert!(run["stdout"].as_str().unwrap().contains("another 0"), "{run}");
}

#[tokio::test]
async fn who_stops_or_traces_its_process_1_is_ended_at_its_time() {
    // PTRACE_SEIZE and PTRACE_INTERRUPT: where the engine lets it, process 1 stands still from then on.
    let script = "
import ctypes, time
c = ctypes.CDLL(None)
c.ptrace(0x4206, 1, 0, 0)
c.ptrace(0x4207, 1, 0, 0)
print('held', flush=True)
time.sleep(600)
";
    let place = Place::with(&[]).await;
    let run = place.run(python(script).set("timeout", 3), false).await;
    assert_eq!(
        (&run["exitCode"], &run["stdout"]),
        (&124.into(), &"held\n".into()),
        "{run}"
    );
}

#[tokio::test]
async fn who_kills_what_waits_for_the_servers_end_is_swept_by_the_next_server() {
    let engine = Engine::start(Images::Small);
    let dock = Dock::launch().containers(&engine).start().await;
    let mark = process::mark();
    let draft = Draft::shell("kill -9 -- -1; echo alone; sleep 600")
        .set("timeout", 900)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;
    let console = dock.console().await;
    let id = dock.key().execute(&function, "").await;
    until("it is alone", async || {
        let log = console.log(&id).await;
        log.iter().any(|frame| frame.text.contains("alone")).then_some(())
    })
    .await;

    let folder = dock.crash();

    let _dock = Dock::launch().on(&folder).containers(&engine).start().await;
    process::none_left(&mark).await;
    until("nothing of it is left", async || {
        engine.containers().is_empty().then_some(())
    })
    .await;
}
