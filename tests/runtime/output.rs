//! Contract §7: what the API shows of a run's output, and that the console has all of it.

use drydock_tests::{Console, Draft};

/// One stream of a log, put together from its frames.
async fn whole(console: &Console, execution: &str, stream: &str) -> String {
    console
        .log(execution)
        .await
        .into_iter()
        .filter(|frame| frame.stream == stream)
        .map(|frame| frame.text)
        .collect()
}

#[tokio::test]
async fn latin_1_bytes_read_as_their_characters() {
    let dock = crate::launch().start().await;
    let function = dock
        .key()
        .deploy(Draft::shell(r"printf '\352\344'; printf 'gr\303\274n \374' >&2"))
        .await;

    let run = dock.key().run(&function, "").await;

    assert_eq!(
        (run["stdout"].as_str(), run["stderr"].as_str()),
        (Some("êä"), Some("grün ü"))
    );
}

#[tokio::test]
async fn any_byte_at_all_is_text_without_replacement_characters() {
    let dock = crate::launch().start().await;
    let script = "for n in $(seq 0 255); do printf \"\\\\$(printf %03o $n)\"; done";
    let function = dock.key().deploy(Draft::shell(script)).await;

    let run = dock.key().run(&function, "").await;

    let expected: String = (0..=255_u8).map(char::from).collect();
    assert_eq!(run["stdout"], expected, "{run}");
}

#[tokio::test]
async fn a_character_cut_between_two_writes_stays_whole() {
    let dock = crate::launch().start().await;
    // The second half is written only after the reader has surely seen the first: a process in between reads it.
    let script = "const w = (b) => require('fs').writeSync(1, Buffer.from(b));\
                  w([0xf0, 0x9f]); setTimeout(() => { w([0x9a, 0x80]); w([0xc3]); }, 300);";
    let code = drydock_tests::archive::one_file("index.js", script);
    let function = dock
        .key()
        .deploy(Draft::with_code("node-20.0", code, "node index.js"))
        .await;

    let id = dock.key().execute(&function, "").await;
    let run = dock.key().finished(&function, &id).await;

    // The last byte begins a character that never comes.
    assert_eq!(run["stdout"], "\u{1F680}Ã");
    assert_eq!(whole(&dock.console().await, &id, "stdout").await, "\u{1F680}Ã");
}

#[tokio::test]
async fn the_api_shows_the_last_8000_characters_of_each_stream() {
    let dock = crate::launch().start().await;
    let script = "process.stdout.write('a'.repeat(5000) + 'ü'.repeat(4000) + '\u{1F680}'.repeat(3999) + '!');\
                  process.stderr.write('x'.repeat(8000));";
    let code = drydock_tests::archive::one_file("index.js", script);
    let function = dock
        .key()
        .deploy(Draft::with_code("node-20.0", code, "node index.js"))
        .await;

    let run = dock.key().run(&function, "").await;

    let expected = format!("{}{}!", "ü".repeat(4000), "\u{1F680}".repeat(3999));
    assert_eq!(run["stdout"], expected);
    assert_eq!(run["stderr"], "x".repeat(8000));
}

#[tokio::test]
async fn ten_thousand_lines_arrive_whole_in_the_console() {
    let dock = crate::launch().start().await;
    let console = dock.console().await;
    let function = dock
        .key()
        .deploy(Draft::new("node-20.0", "node-lines", "node index.js"))
        .await;

    let id = dock.key().execute(&function, "10000").await;
    let run = dock.key().finished(&function, &id).await;

    let lines: String = (1..=10_000).map(|n| format!("line {n}\n")).collect();
    let errors: String = (1..=5_000).map(|n| format!("error {}\n", n * 2)).collect();
    assert!(
        lines.ends_with(run["stdout"].as_str().unwrap()) && run["stdout"].as_str().unwrap().len() == 8000
    );
    assert_eq!(whole(&console, &id, "stdout").await, lines);
    assert_eq!(whole(&console, &id, "stderr").await, errors);
    let frames = console.log(&id).await;
    for stream in ["stdout", "stderr"] {
        let times = frames
            .iter()
            .filter(|frame| frame.stream == stream)
            .map(|frame| frame.at_ms);
        assert!(
            times.is_sorted(),
            "the frames of {stream} come in the order in which they were read"
        );
    }
    let record = console.get(&format!("/projects/default/executions/{id}")).await;
    assert_eq!(
        (
            &record["stdoutBytes"],
            &record["stderrBytes"],
            &record["droppedBytes"]
        ),
        (&lines.len().into(), &errors.len().into(), &0.into()),
    );
}

#[tokio::test]
async fn output_over_the_cap_keeps_its_begin_and_its_end_and_never_kills() {
    let dock = crate::launch().start().await;
    let console = dock.console().await;
    // 30 MB, where 10 MB are kept.
    let script = "const line = 'x'.repeat(99) + '\\n'; console.log('first');\
                  for (let n = 0; n < 300000; n++) process.stdout.write(line); console.log('last');";
    let code = drydock_tests::archive::one_file("index.js", script);
    let draft = Draft::with_code("node-20.0", code, "node index.js").set("timeout", 60);
    let function = dock.key().deploy(draft).await;

    let id = dock.key().execute(&function, "").await;
    let run = dock.key().finished(&function, &id).await;

    assert_eq!(run["status"], "completed", "{:.300}", run["stderr"]);
    assert!(run["stdout"].as_str().unwrap().ends_with("x\nlast\n"));
    let log = whole(&console, &id, "stdout").await;
    assert!(log.starts_with("first\nxxx") && log.ends_with("xxx\nlast\n"));
    let record = console.get(&format!("/projects/default/executions/{id}")).await;
    let dropped = record["droppedBytes"].as_u64().unwrap() as usize;
    let mark = format!("\n[{dropped} bytes are left out here:");
    let (begin, end) = log.split_once(&mark).expect("one mark says what is missing");
    let end = end.split_once("]\n").unwrap().1;
    let written = 300_000 * 100 + "first\nlast\n".len();
    assert_eq!(record["stdoutBytes"], written);
    assert_eq!(begin.len() + dropped + end.len(), written);
    // To a piece as it was read, which is 64 KB, and a batch, which is 1 MB.
    assert!(
        (1_000_000..1_070_000).contains(&begin.len()),
        "{} bytes of the beginning",
        begin.len()
    );
    assert!(
        (7_900_000..=9_000_000).contains(&end.len()),
        "{} bytes of the end",
        end.len()
    );
}

#[tokio::test]
async fn output_is_in_the_console_while_the_function_still_runs() {
    let dock = crate::launch().start().await;
    let console = dock.console().await;
    let draft = Draft::shell("echo now; echo aside >&2; exec sleep 600").set("timeout", 900);
    let function = dock.key().deploy(draft).await;

    let id = dock.key().execute(&function, "").await;
    for (stream, line) in [("stdout", "now\n"), ("stderr", "aside\n")] {
        drydock_tests::until("the first line is in the log", async || {
            (whole(&console, &id, stream).await == line).then_some(())
        })
        .await;
    }
    assert_eq!(dock.key().execution(&function, &id).await["status"], "processing");

    let path = format!("/projects/default/executions/{id}/cancel");
    console
        .request("POST", &path)
        .send_unchecked()
        .await
        .expect_status(200);
    let run = dock.key().finished(&function, &id).await;
    assert_eq!(
        (&run["exitCode"], &run["stdout"]),
        (&130.into(), &"now\n".into()),
        "{run}"
    );
}
