//! Who hears what, without a connection.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;

use drydock_core::caller::Proof;
use drydock_core::id::MembershipId;
use drydock_core::team::Membership;
use drydock_core::user::{Prefs, User};
use serde_json::Value;

use super::*;

fn project() -> ProjectId {
    ProjectId::trusted("p")
}

fn user(id: &str, teams: &[&str]) -> SignedIn {
    let user = User {
        project: project(),
        id: UserId::trusted(id),
        name: id.into(),
        email: None,
        email_verified: false,
        password_hash: None,
        password_updated_at: None,
        active: true,
        prefs: Prefs::new(),
        registered_at: Timestamp(0),
    };
    let place = |team: &&str| Membership {
        project: project(),
        id: MembershipId::trusted("m"),
        team: TeamId::trusted(*team),
        user: user.id.clone(),
        roles: Vec::new(),
        invited_at: Timestamp(0),
        joined_at: Some(Timestamp(0)),
        confirmed: true,
    };
    SignedIn {
        memberships: teams.iter().map(place).collect(),
        session: SessionId::trusted(format!("session-of-{id}")),
        proof: Proof::Session,
        user,
    }
}

/// Somebody who listens and has read that they are connected.
fn join(hub: &Hub, channels: &[&str], who: Option<SignedIn>) -> Inbox {
    let channels = channels.iter().map(|name| (*name).to_owned()).collect();
    let mut inbox = hub.join(&project(), channels, who).unwrap();
    assert_eq!(next(&mut inbox).unwrap()["type"], "connected");
    inbox
}

fn next(inbox: &mut Inbox) -> Option<Value> {
    let text = inbox.messages.try_recv().ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Publishes to `executions` and `functions.f`; answers how often its payload was made.
fn publish_in(hub: &Hub, project: &ProjectId, role: &str) -> usize {
    let (channels, roles) = (
        ["executions".to_owned(), "functions.f".to_owned()],
        [role.to_owned()],
    );
    let event = Event {
        project,
        name: "functions.executions.update",
        channels: &channels,
        roles: &roles,
        at: Timestamp(0),
    };
    let made = Cell::new(0);
    hub.publish(&event, || {
        made.set(made.get() + 1);
        Ok("{}".to_owned())
    });
    made.get()
}

fn publish(hub: &Hub, role: &str) -> usize {
    publish_in(hub, &project(), role)
}

#[test]
fn an_event_reaches_those_with_its_role_on_its_channels_once_and_nobody_else() {
    let hub = Hub::new(1024);
    let mut both = join(&hub, &["executions", "functions.f"], Some(user("ada", &[])));
    let mut one = join(&hub, &["functions.f"], Some(user("ada", &[])));
    let mut elsewhere = join(&hub, &["functions.g"], Some(user("ada", &[])));
    let mut other = join(&hub, &["executions"], Some(user("bob", &[])));
    let mut guest = join(&hub, &["executions"], None);

    assert_eq!(publish(&hub, "user:ada"), 1, "its payload is made once for all");

    for inbox in [&mut both, &mut one] {
        let told = next(inbox).unwrap();
        assert_eq!(
            told["data"]["channels"],
            serde_json::json!(["executions", "functions.f"])
        );
        assert!(next(inbox).is_none());
    }
    for inbox in [&mut elsewhere, &mut other, &mut guest] {
        assert!(next(inbox).is_none());
    }
    assert_eq!(publish(&hub, "user:nobody"), 0, "nor made where nobody hears it");
    assert_eq!(publish_in(&hub, &ProjectId::trusted("q"), "user:ada"), 0);
}

#[test]
fn who_falls_behind_is_let_go_and_the_others_hear_everything() {
    let hub = Hub::new(1024);
    let mut stuck = join(&hub, &["executions"], None);
    let mut quick = join(&hub, &["executions"], None);
    for _ in 0..QUEUE {
        publish(&hub, "role:all");
        assert!(next(&mut quick).is_some());
    }
    assert!(stuck.end.try_recv().is_err(), "full, and not over it");

    publish(&hub, "role:all");

    assert_eq!(stuck.end.try_recv().unwrap().code, TRY_AGAIN);
    assert!(next(&mut quick).is_some());
    assert_eq!(hub.of_project(&project()), [quick.id]);
}

#[test]
fn roles_change_while_somebody_listens() {
    let hub = Hub::new(1024);
    let mut ada = join(&hub, &["executions", "account"], Some(user("ada", &[])));
    assert_eq!(publish(&hub, "team:t"), 0);

    let sockets = hub.signed_in(&project(), None);
    hub.change_roles(&sockets, &[user("ada", &["t"])]);
    assert_eq!(publish(&hub, "team:t"), 1);
    assert!(next(&mut ada).is_some());

    let sockets = hub.signed_in(&project(), Some(&UserId::trusted("ada")));
    hub.change_roles(&sockets, &[]);
    assert_eq!(publish(&hub, "team:t") + publish(&hub, "user:ada"), 0);
    assert_eq!(publish(&hub, "role:guest"), 1, "who has signed out is a guest");
    assert!(hub.signed_in(&project(), None).is_empty());
}

#[test]
fn a_place_in_a_team_comes_and_goes_with_its_roles_and_no_other() {
    let hub = Hub::new(1024);
    let _ada = join(&hub, &["executions"], Some(user("ada", &["t", "t2"])));
    let _bob = join(&hub, &["executions"], Some(user("bob", &["t"])));
    let (ada, team) = (UserId::trusted("ada"), TeamId::trusted("t"));
    let heard = |role: &str| publish(&hub, role) == 1;

    hub.place(&project(), &ada, &team, &["one".to_owned()]);
    hub.place(&project(), &ada, &team, &["two".to_owned()]);
    assert!(heard("team:t") && heard("team:t/two") && !heard("team:t/one"));

    hub.displace(&project(), Some(&ada), &team);
    assert!(!heard("team:t/two") && heard("team:t2"));
    assert!(heard("team:t"), "bob is in it still");
    hub.displace(&ProjectId::trusted("q"), None, &team);
    assert!(
        heard("team:t"),
        "the team of another project has nothing to do with it"
    );
    hub.displace(&project(), None, &team);
    assert!(!heard("team:t"));
}

#[test]
fn who_signs_in_on_a_connection_is_told_and_becomes_that_user() {
    let hub = Hub::new(1024);
    let mut inbox = join(&hub, &["executions"], None);

    hub.sign_in(inbox.id, user("bob", &[]));
    publish(&hub, "user:bob");

    assert_eq!(next(&mut inbox).unwrap()["data"]["user"]["$id"], "bob");
    assert_eq!(next(&mut inbox).unwrap()["type"], "event");
}

#[test]
fn nothing_is_left_of_who_has_left_and_there_is_an_end_to_their_number() {
    let hub = Hub::new(64);
    let all: Vec<_> = (0..32)
        .map(|_| join(&hub, &["executions", "teams"], Some(user("ada", &[]))))
        .collect();
    assert!(hub.join(&project(), vec!["teams".into()], None).is_none());

    for inbox in &all {
        hub.leave(inbox.id);
        hub.leave(inbox.id);
    }

    assert!(hub.projects().is_empty());
    assert!(hub.state().sockets.is_empty());
    hub.join(&project(), vec!["teams".into()], None).unwrap();
    assert_eq!(Hub::new(1_000_000).state().most, MAX_SOCKETS);
}
