//! Kill -9 at random moments, many times on one data folder, while clients upload, activate, execute, cancel, pin
//! and delete, and old executions are removed: nothing that was acknowledged is lost, nothing runs twice, nothing
//! is left lying about.
//!
//! 20 rounds; `CRASH_ROUNDS=100` makes more. The seed is printed; `CRASH_SEED` repeats a run as far as the timing
//! of processes allows. No assertion depends on how far anything got.

#![allow(clippy::print_stdout, reason = "a failure is repeated by what is printed")]

mod book;
mod checks;
mod traffic;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use drydock_tests::{Chance, Clock, Dock, Folder, Launch, Witness, process};

use book::Book;
use checks::Tally;
use traffic::Client;

const ROUNDS: usize = 20;
const CLIENTS: usize = 6;
/// Executions that are asked for in a round: what then waits is run to its end before the next.
const EXECUTIONS: usize = 30;
/// A round's clients have up to so long.
const TRAFFIC_MS: usize = 500;
/// A start takes about 100 ms.
const START_MS: usize = 200;
/// So far apart are two rounds for the server, so that what is two or three rounds old is removed.
const HOURS: i64 = 10;

fn launch(folder: &Folder, clock: &Clock) -> Launch {
    Dock::launch()
        .on(folder)
        .clock(clock)
        // No interpreters to ask for their versions: a shell is found without, and executions start at once.
        .env("PATH", "/nowhere")
        .env("DRYDOCK_RETENTION__DAYS", "1")
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "4")
}

#[tokio::test]
async fn kill_9_at_any_moment_of_anything_loses_and_repeats_nothing() {
    let rounds = std::env::var("CRASH_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let seed = Chance::seed("CRASH_SEED");
    println!("CRASH_SEED={seed} CRASH_ROUNDS={rounds}");
    let mut chance = Chance::new(seed);
    let (folder, clock, book) = (Folder::new(), Clock::new(), Book::default());
    let (witness, mark) = (Witness::listen().await, process::mark());
    witness.open();
    let mut tally = Tally::default();

    for round in 1..=rounds {
        println!("round {round}");
        let hour = HOURS * i64::try_from(round).unwrap();
        let dock = launch(&folder, &clock).start().await;
        book.open().allowance = EXECUTIONS;
        let killed = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let client = Client {
                    key: dock.key(),
                    owner: dock.owner(),
                    book: book.clone(),
                    witness_port: witness.port(),
                    mark: mark.clone(),
                    hour,
                    killed: Arc::clone(&killed),
                    number,
                    chance: chance.branch(),
                };
                tokio::spawn(client.run())
            })
            .collect();
        tokio::time::sleep(milliseconds(&mut chance, TRAFFIC_MS)).await;

        killed.store(true, Ordering::SeqCst);
        // Stopped first, so that none of its processes is missed.
        process::stop(dock.pid()).await;
        let family = process::family(dock.pid());
        dock.crash();
        for client in clients {
            client.await.unwrap();
        }
        process::none_alive(&family).await;
        process::none_left(&mark).await;
        checks::databases(&folder);
        if chance.percent(40) {
            let in_its_start = milliseconds(&mut chance, START_MS);
            launch(&folder, &clock).killed_after(in_its_start).await;
            process::none_left(&mark).await;
            checks::databases(&folder);
        }

        let after = launch(&folder, &clock).start().await;
        checks::check(&after, &book, &witness, hour, &mut tally).await;
        if chance.percent(50) {
            let ending = after.interrupt().await;
            assert_eq!(ending.status.code(), Some(0), "{}", ending.log);
        } else {
            after.crash();
        }
        process::none_left(&mark).await;
        // What is old by then is removed while the next clients ask.
        clock.advance(HOURS * 60 * 60);
    }
    println!("{tally:?}");
    assert!(
        tally.completed > 0 && tally.interrupted > 0 && tally.tags > 0,
        "hardly anything happened: {tally:?}"
    );
    assert!(
        rounds < 5 || tally.removed_as_old > 0,
        "nothing was removed: {tally:?}"
    );
}

fn milliseconds(chance: &mut Chance, most: usize) -> Duration {
    Duration::from_millis(chance.below(most) as u64)
}
