//! A full disk under a linked folder: it is said, what was live stays live, and all goes on once there is space.

use drydock_tests::{Chance, Disk};

use super::desk::Desk;

/// Room for a server, both databases and some code.
const SIZE: u64 = 16_000_000;

#[tokio::test]
async fn a_save_that_a_full_disk_cannot_take_is_said_and_live_once_there_is_space() {
    let Some(small) = Disk::of(SIZE) else { return };
    let desk = Desk::on(&small).await;
    small.fill_but(100_000);
    desk.write("large.bin", Chance::new(3).bytes(1_500_000));
    let row = desk
        .row_is("it is said", |row| {
            row["notice"]
                .as_str()
                .is_some_and(|notice| notice.contains("full"))
        })
        .await;
    assert!(
        row["notice"].as_str().unwrap().contains("free some space"),
        "{row:#}"
    );
    small.free();
    desk.is_live().await;
    let row = desk
        .row_is("nothing is to be said", |row| row["notice"].is_null())
        .await;
    assert_eq!(row["last"]["outcome"], "active", "{row:#}");
    assert_eq!(desk.run().await, "first\n");
    assert!(desk.tags().await.len() <= 3, "no tag is made by each try");
    assert!(!desk.dock.log().contains("panicked"), "{}", desk.dock.log());
}

#[tokio::test]
async fn a_folder_for_which_the_disk_has_no_room_leaves_the_disk_as_it_was() {
    let Some(small) = Disk::of(SIZE) else { return };
    let desk = Desk::on(&small).await;
    for number in 0..30 {
        desk.write(format!("part-{number}"), Chance::new(number).bytes(1_000_000));
    }
    desk.row_is("it is said", |row| {
        row["notice"]
            .as_str()
            .is_some_and(|notice| notice.contains("full"))
    })
    .await;
    for number in 0..30 {
        std::fs::remove_file(desk.path(format!("part-{number}"))).unwrap();
    }
    desk.write("main.sh", "echo small again\n");
    desk.is_live().await;
    assert_eq!(desk.run().await, "small again\n");
}
