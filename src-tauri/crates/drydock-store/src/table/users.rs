//! Users. A deleted one keeps its row, so that its id is not used again, and is found by nothing here.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{ProjectId, UserId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::user::User;
use rusqlite::{Row, params};

use super::list::Listing;
use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// Adds a user.
///
/// # Errors
/// `AlreadyExists` when the id or the address is in use.
pub fn insert(tx: &WriteTx<'_>, user: &User) -> Result<()> {
    tx.insert(
        "Account",
        "insert into users (project_id, id, name, email, email_verified, password_hash, password_updated_at_ms, \
         active, prefs, registered_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            user.project.as_str(),
            user.id.as_str(),
            user.name,
            user.email,
            user.email_verified,
            user.password_hash,
            user.password_updated_at.map(Timestamp::millis),
            user.active,
            to_json(&user.prefs)?,
            user.registered_at.millis(),
        ],
    )
    .map(drop)
}

/// Writes back a user who was read in the same transaction. The address must be free.
pub fn update(tx: &WriteTx<'_>, user: &User) -> Result<()> {
    tx.run(
        "update users set name = ?3, email = ?4, email_verified = ?5, password_hash = ?6, \
         password_updated_at_ms = ?7, active = ?8, prefs = ?9 where project_id = ?1 and id = ?2",
        params![
            user.project.as_str(),
            user.id.as_str(),
            user.name,
            user.email,
            user.email_verified,
            user.password_hash,
            user.password_updated_at.map(Timestamp::millis),
            user.active,
            to_json(&user.prefs)?,
        ],
    )
    .map(drop)
}

/// Removes what is known of a user, with sessions, memberships and log; the id stays taken, the address does
/// not. Says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &UserId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        "update users set name = '', email = null, email_verified = 0, password_hash = null, \
         password_updated_at_ms = null, active = 0, prefs = '{}', deleted_at_ms = ?3 \
         where project_id = ?1 and id = ?2 and deleted_at_ms is null",
        params![project.as_str(), id.as_str(), now.millis()],
    )?;
    for sql in [
        "delete from sessions where project_id = ?1 and user_id = ?2",
        "delete from memberships where project_id = ?1 and user_id = ?2",
        "delete from user_logs where project_id = ?1 and user_id = ?2",
    ] {
        tx.run(sql, [project.as_str(), id.as_str()])?;
    }
    Ok(changed > 0)
}

/// The project's user of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &UserId) -> Result<Option<User>> {
    let sql = "select * from users where project_id = ?1 and id = ?2 and deleted_at_ms is null";
    tx.first(sql, [project.as_str(), id.as_str()], read)
}

/// The project's user with that address, which must be lower-cased.
pub fn by_email(tx: &ReadTx<'_>, project: &ProjectId, email: &str) -> Result<Option<User>> {
    let sql = "select * from users where project_id = ?1 and email = ?2";
    tx.first(sql, [project.as_str(), email], read)
}

/// How many users the project has.
pub fn count(tx: &ReadTx<'_>, project: &ProjectId) -> Result<i64> {
    let sql = "select count(*) as n from users where project_id = ?1 and deleted_at_ms is null";
    Ok(tx
        .first(sql, [project.as_str()], |row| column(row, "n"))?
        .unwrap_or(0))
}

/// One page of the project's users.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(tx: &ReadTx<'_>, project: &ProjectId, query: &ListQuery) -> Result<Page<User>> {
    Listing {
        table: "users",
        what: "User",
        filter: "project_id = ?1 and deleted_at_ms is null",
        params: &[&project.as_str()],
    }
    .page(tx, query, read)
}

fn read(row: &Row<'_>) -> Result<User> {
    Ok(User {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: UserId::trusted(column::<String>(row, "id")?),
        name: column(row, "name")?,
        email: column(row, "email")?,
        email_verified: column(row, "email_verified")?,
        password_hash: column(row, "password_hash")?,
        password_updated_at: column::<Option<i64>>(row, "password_updated_at_ms")?.map(Timestamp),
        active: column(row, "active")?,
        prefs: json(row, "prefs")?,
        registered_at: Timestamp(column(row, "registered_at_ms")?),
    })
}
