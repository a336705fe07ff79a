//! Payloads under Execute: those that somebody saved under a name, and those that executions had lately.

use drydock_core::id::{FunctionId, PayloadId, ProjectId};
use drydock_core::payload::{MAX_PAYLOADS, SavedPayload};
use drydock_core::{Error, Result};
use drydock_store::table::executions::{self, RecentData};
use drydock_store::table::{functions, payloads};

use super::Engine;

const NO_PAYLOAD: Error = Error::NotFound("Saved payload");
const SAME_NAME: Error = Error::Conflict(
    "This function has a saved payload of that name already: overwrite that one, or choose another name",
);
const TOO_MANY: Error = Error::Conflict("A function has at most 50 saved payloads: delete one first");
/// The sentence above says it.
const _: () = assert!(MAX_PAYLOADS == 50);

impl Engine {
    /// The saved payloads of a function, by name, and the data that its newest executions had, newest first.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn payloads(
        &self,
        project: &ProjectId,
        function: &FunctionId,
    ) -> Result<(Vec<SavedPayload>, Vec<RecentData>)> {
        let (project, function) = (project.clone(), function.clone());
        self.0
            .store
            .read(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                Ok((
                    payloads::all(tx, &project, &function)?,
                    executions::recent_data(tx, &project, &function)?,
                ))
            })
            .await
    }

    /// Saves data under a name that none of the function has.
    ///
    /// # Errors
    /// `FunctionNotFound`, `Conflict` for a name that is taken and where there are as many as there may be.
    pub(crate) async fn save_payload(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        (name, data): (String, String),
    ) -> Result<SavedPayload> {
        let payload = SavedPayload {
            project: project.clone(),
            function: function.clone(),
            id: PayloadId::trusted(self.0.ids.unique()),
            name,
            data,
            saved_at: self.now(),
        };
        let stored = payload.clone();
        self.0
            .store
            .write(move |tx| {
                functions::get(tx, &stored.project, &stored.function)?.ok_or(Error::FunctionNotFound)?;
                let others = payloads::all(tx, &stored.project, &stored.function)?;
                if others.iter().any(|other| other.name == stored.name) {
                    return Err(SAME_NAME);
                }
                if others.len() >= MAX_PAYLOADS {
                    return Err(TOO_MANY);
                }
                payloads::insert(tx, &stored)
            })
            .await?;
        Ok(payload)
    }

    /// Gives a saved payload other data, or another name.
    ///
    /// # Errors
    /// `FunctionNotFound`, `NotFound`, `Conflict` for a name that another one has.
    pub(crate) async fn change_payload(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        id: &PayloadId,
        (name, data): (String, String),
    ) -> Result<SavedPayload> {
        let (project, function, id, now) = (project.clone(), function.clone(), id.clone(), self.now());
        self.0
            .store
            .write(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                let (mut found, others): (Vec<_>, Vec<_>) = payloads::all(tx, &project, &function)?
                    .into_iter()
                    .partition(|payload| payload.id == id);
                let before = found.pop().ok_or(NO_PAYLOAD)?;
                if others.iter().any(|other| other.name == name) {
                    return Err(SAME_NAME);
                }
                // A new name saves no data anew.
                let saved_at = if before.data == data { before.saved_at } else { now };
                let payload = SavedPayload {
                    name,
                    data,
                    saved_at,
                    ..before
                };
                payloads::update(tx, &payload)?;
                Ok(payload)
            })
            .await
    }

    /// Forgets a saved payload.
    ///
    /// # Errors
    /// `FunctionNotFound`, `NotFound`.
    pub(crate) async fn delete_payload(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        id: &PayloadId,
    ) -> Result<()> {
        let (project, function, id) = (project.clone(), function.clone(), id.clone());
        self.0
            .store
            .write(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                payloads::delete(tx, &project, &function, &id)?
                    .then_some(())
                    .ok_or(NO_PAYLOAD)
            })
            .await
    }
}
