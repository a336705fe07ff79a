//! `dev` in a terminal: its keys, its colours, and the terminal as it leaves it.

use drydock_tests::Dock;

use crate::folders::Code;
use crate::stays::Stays;

const HELLO: &str = "console.log('hello', process.env.APPWRITE_FUNCTION_DATA);";

fn dev(dock: &Dock, code: &Code) -> Stays {
    let mut command = dock.command();
    command
        .args(["dev", &code.name()])
        .env("EDITOR", "sh -c 'printf edited > \"$1\"' editor");
    command.env_remove("VISUAL");
    Stays::in_a_terminal(&command)
}

#[tokio::test]
async fn keys_execute_replay_edit_and_quit() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", HELLO)]);
    let mut dev = dev(&dock, &code);
    dev.prints("Enter executes").await;
    dev.prints("live\u{1b}[0m in").await;

    dev.types("r");
    dev.prints("nothing to replay").await;
    dev.types("\r");
    dev.prints("out | hello").await;
    dev.types("e");
    dev.prints("out | hello edited").await;
    // A replay has the data of what it repeats, and the code of now.
    code.write("index.js", &HELLO.replace("hello", "again"));
    dev.prints("live\u{1b}[0m in").await;
    dev.types("r");
    dev.tells_of_run("completed", "by replay", "out | again edited")
        .await;
    // From now on that data is what Enter executes with.
    dev.types("\r");
    dev.prints("out | again edited").await;

    dev.types("q");
    assert!(dev.ends().await.success());
}

#[tokio::test]
async fn errors_are_red_and_a_functions_colours_end_with_their_line() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.error('bad'); process.exit(1);")]);
    let mut dev = dev(&dock, &code);
    dev.prints("live\u{1b}[0m in").await;
    dev.types("x");
    dev.prints("\u{1b}[31mfailed, exit code 1\u{1b}[0m").await;
    dev.prints("\u{1b}[31merr | \u{1b}[0mbad").await;
    // In an execution of its own: which of two outputs is read first is nobody's promise.
    code.write("index.js", "console.log('\\x1b[34mblue');");
    dev.prints("live\u{1b}[0m in").await;
    dev.types("x");
    assert!(dev.prints("blue").await.ends_with("\u{1b}[0m"));
    code.write("index.js", "(");
    dev.prints("\u{1b}[31mdoes not parse").await;
    // Ctrl-C, as the terminal makes a signal of it.
    dev.types("\u{3}");
    dev.prints("stays linked").await;
    assert!(dev.ends().await.success());
}

#[tokio::test]
async fn variables_of_env_are_taken_over_by_a_key() {
    let dock = Dock::start().await;
    let code = Code::of(&[
        ("index.js", "console.log(process.env.TOKEN);"),
        (".env", "TOKEN=t1\n"),
    ]);
    let mut dev = dev(&dock, &code);
    dev.prints("i takes them over").await;
    dev.prints("live\u{1b}[0m in").await;
    dev.types("i");
    dev.prints("has now from .env: TOKEN").await;
    dev.types("\r");
    dev.prints("out | t1").await;
}

#[tokio::test]
async fn sequences_of_the_terminal_are_no_keys() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", HELLO)]);
    let mut dev = dev(&dock, &code);
    dev.prints("live\u{1b}[0m in").await;
    // F2, whose last letter is a Q.
    dev.types("\u{1b}OQ");
    code.write("index.js", &HELLO.replace("hello", "again"));
    dev.prints("live\u{1b}[0m in").await;
    dev.types("\r");
    dev.prints("out | again").await;
}

#[tokio::test]
async fn ctrl_c_in_the_editor_is_for_the_editor() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", HELLO)]);
    let go = code.beside("go");
    let editor = format!(
        "sh -c 'trap : INT; echo editing; while [ ! -e {} ]; do sleep 0.05; done; printf edited > \"$1\"' editor",
        go.display()
    );
    let mut command = dock.command();
    command.args(["dev", &code.name()]).env("VISUAL", editor);
    let mut dev = Stays::in_a_terminal(&command);
    dev.prints("live\u{1b}[0m in").await;
    dev.types("e");
    dev.prints("editing").await;
    dev.types("\u{3}");
    std::fs::write(&go, "").unwrap();
    dev.prints("out | hello edited").await;
    code.write("index.js", &HELLO.replace("hello", "again"));
    dev.prints("live\u{1b}[0m in").await;
    dev.types("q");
    assert!(dev.ends().await.success());
}

#[tokio::test]
async fn after_it_was_stopped_it_goes_on_in_the_foreground_and_in_the_background() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", HELLO)]);
    let mut shell = std::process::Command::new("bash");
    shell
        .args(["--norc", "--noprofile", "-i"])
        .env("DRYDOCK_DATA_DIR", dock.data())
        .env("PS1", "$ ");
    let mut shell = Stays::in_a_terminal(&shell);
    let command = format!("{} dev {}\n", drydock_tests::binary().display(), code.name());
    shell.types(&command);
    shell.prints("live\u{1b}[0m in").await;

    shell.types("\u{1a}");
    shell.prints("Stopped").await;
    shell.types("fg\n");
    code.write("index.js", &HELLO.replace("hello", "two"));
    shell.prints("live\u{1b}[0m in").await;
    shell.types("\r");
    shell.prints("out | two").await;

    shell.types("\u{1a}");
    shell.prints("Stopped").await;
    shell.types("bg\n");
    code.write("index.js", &HELLO.replace("hello", "three"));
    shell.prints("live\u{1b}[0m in").await;
    shell.types("kill %1\n");
    shell.prints("stays linked").await;
    shell.types("exit\n");
    shell.ends().await;
}

#[tokio::test]
async fn the_terminal_is_left_as_it_was() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", HELLO)]);
    let binary = drydock_tests::binary();
    let mut shell = dock.command();
    let name = code.name();
    let line = format!("stty -g; {} dev {name}; echo ended; stty -g", binary.display());
    shell = {
        let mut wrapped = std::process::Command::new("sh");
        wrapped.args(["-c", &line]);
        for (key, value) in shell.get_envs() {
            match value {
                Some(value) => wrapped.env(key, value),
                None => wrapped.env_remove(key),
            };
        }
        wrapped
    };
    let mut shell = Stays::in_a_terminal(&shell);
    let before = shell.prints(":").await;
    shell.prints("live\u{1b}[0m in").await;
    shell.types("q");
    shell.prints("ended").await;
    assert_eq!(shell.prints(":").await, before);
}
