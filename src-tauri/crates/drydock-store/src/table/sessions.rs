//! Sessions of users: only hashes of their secrets.

use drydock_core::Result;
use drydock_core::agent::Client;
use drydock_core::clock::Timestamp;
use drydock_core::id::{ProjectId, SessionId, UserId};
use drydock_core::session::{MAX_OF_CONSOLE, MAX_PER_USER, Provider, Session};
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column, json, name, to_json, to_name};

/// Adds a session; the user's expired ones go, and the oldest past [`MAX_PER_USER`] and [`MAX_OF_CONSOLE`].
pub fn insert(tx: &WriteTx<'_>, session: &Session, secret_hash: &[u8]) -> Result<()> {
    let (project, user) = (session.project.as_str(), session.user.as_str());
    tx.run(
        "delete from sessions where project_id = ?1 and user_id = ?2 and (expires_at_ms <= ?3 or seq in \
         (select seq from sessions where project_id = ?1 and user_id = ?2 order by seq desc limit -1 offset ?4))",
        params![project, user, session.created_at.millis(), MAX_PER_USER - 1],
    )?;
    if session.provider == Provider::Console {
        tx.run(
            "delete from sessions where seq in (select seq from sessions where project_id = ?1 and user_id = ?2 \
             and provider = ?3 order by seq desc limit -1 offset ?4)",
            params![project, user, to_name(&session.provider)?, MAX_OF_CONSOLE - 1],
        )?;
    }
    tx.insert(
        "Session",
        "insert into sessions (project_id, id, user_id, provider, provider_uid, secret_hash, ip, agent, \
         created_at_ms, expires_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            project,
            session.id.as_str(),
            user,
            to_name(&session.provider)?,
            session.provider_uid,
            secret_hash,
            session.client.ip,
            to_json(&session.client.agent)?,
            session.created_at.millis(),
            session.expires_at.millis(),
        ],
    )
    .map(drop)
}

/// The user's session of that id, if it is open at `now`.
pub fn get(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    user: &UserId,
    id: &SessionId,
    now: Timestamp,
) -> Result<Option<Session>> {
    let sql =
        "select * from sessions where project_id = ?1 and user_id = ?2 and id = ?3 and expires_at_ms > ?4";
    tx.first(
        sql,
        params![project.as_str(), user.as_str(), id.as_str(), now.millis()],
        read,
    )
}

/// The user's session whose secret has that hash, if it is open at `now`.
pub fn by_hash(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    user: &UserId,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<SessionId>> {
    let sql = "select id from sessions where project_id = ?1 and user_id = ?2 and secret_hash = ?3 \
               and expires_at_ms > ?4";
    tx.first(
        sql,
        params![project.as_str(), user.as_str(), hash, now.millis()],
        |row| Ok(SessionId::trusted(column::<String>(row, "id")?)),
    )
}

/// The user's open sessions, oldest first.
pub fn open(tx: &ReadTx<'_>, project: &ProjectId, user: &UserId, now: Timestamp) -> Result<Vec<Session>> {
    let sql =
        "select * from sessions where project_id = ?1 and user_id = ?2 and expires_at_ms > ?3 order by seq";
    tx.all(sql, params![project.as_str(), user.as_str(), now.millis()], read)
}

/// Ends a session; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, user: &UserId, id: &SessionId) -> Result<bool> {
    let sql = "delete from sessions where project_id = ?1 and user_id = ?2 and id = ?3";
    Ok(tx.run(sql, [project.as_str(), user.as_str(), id.as_str()])? > 0)
}

/// Ends all sessions of the user.
pub fn delete_all(tx: &WriteTx<'_>, project: &ProjectId, user: &UserId) -> Result<()> {
    let sql = "delete from sessions where project_id = ?1 and user_id = ?2";
    tx.run(sql, [project.as_str(), user.as_str()]).map(drop)
}

fn read(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: SessionId::trusted(column::<String>(row, "id")?),
        user: UserId::trusted(column::<String>(row, "user_id")?),
        provider: name(row, "provider")?,
        provider_uid: column(row, "provider_uid")?,
        client: Client {
            ip: column(row, "ip")?,
            agent: json(row, "agent")?,
        },
        created_at: Timestamp(column(row, "created_at_ms")?),
        expires_at: Timestamp(column(row, "expires_at_ms")?),
    })
}
