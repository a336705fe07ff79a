//! Projects, for console accounts and the owner of the machine.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::id::MAX_ID_LENGTH;
use drydock_core::project::{
    AuthMethod, CONSOLE_PROJECT, Details, MAX_AUTH_LIMIT, MAX_DETAIL_LENGTH, MAX_NAME_LENGTH, Service,
};
use drydock_core::user::MAX_PASSWORD_LENGTH;

use super::wire;
use crate::engine::{NewProject, ProjectChange};
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, list_query, project_id, team_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

/// Longest name of a service or way to sign in, generously.
const MAX_WORD_LENGTH: usize = 64;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<impl IntoResponse> {
    let id = params.required_text("projectId", MAX_ID_LENGTH)?;
    if id == CONSOLE_PROJECT {
        let rule = format!("'{CONSOLE_PROJECT}' is the project of console accounts: choose another");
        return Err(Error::invalid("projectId", rule).into());
    }
    let new = NewProject {
        id,
        name: params.required_text("name", MAX_NAME_LENGTH)?,
        team: team_id(&params.required_text("teamId", MAX_ID_LENGTH)?)?,
        details: details(&params)?,
    };
    let project = shared.engine.create_project(&caller, new).await?;
    Ok((
        StatusCode::CREATED,
        Json(shared.wire_project(&caller, project).await?),
    ))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<Json<wire::ProjectList>> {
    let page = shared.engine.project_list(&caller, list_query(&params)?).await?;
    let mut projects = Vec::with_capacity(page.rows.len());
    for project in page.rows {
        projects.push(shared.wire_project(&caller, project).await?);
    }
    Ok(Json(wire::ProjectList {
        sum: page.sum,
        projects,
    }))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<wire::Project>> {
    let project = shared.engine.own_project(&caller, &project_id(&id)?).await?;
    Ok(Json(shared.wire_project(&caller, project).await?))
}

pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Project>> {
    let change = ProjectChange::About {
        name: params.required_text("name", MAX_NAME_LENGTH)?,
        details: Box::new(details(&params)?),
    };
    let project = shared
        .engine
        .change_project(&caller, &project_id(&id)?, change)
        .await?;
    Ok(Json(shared.wire_project(&caller, project).await?))
}

/// A console account shows its password, in the query or, as the SDKs send it, in the body.
pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    request: Request,
) -> Result<impl IntoResponse> {
    let id = project_id(&id)?;
    let (parts, body) = request.into_parts();
    let mut password = Params::of_query(&parts)?.text("password", MAX_PASSWORD_LENGTH)?;
    if password.is_none() && caller.user().is_some() {
        let sent = Params::of_body(&parts, body).await?;
        password = sent.text("password", MAX_PASSWORD_LENGTH)?;
    }
    shared
        .engine
        .delete_project(&caller, &id, password.as_deref())
        .await?;
    Ok(no_content())
}

pub(in crate::http) async fn update_service(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Project>> {
    let service = Service::parse(&params.required_text("service", MAX_WORD_LENGTH)?)?;
    let change = ProjectChange::Service(service, params.required_boolean("status")?);
    let project = shared
        .engine
        .change_project(&caller, &project_id(&id)?, change)
        .await?;
    Ok(Json(shared.wire_project(&caller, project).await?))
}

pub(in crate::http) async fn update_auth_limit(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Project>> {
    let limit = params.required_integer("limit", 0..=MAX_AUTH_LIMIT)?;
    let project = shared
        .engine
        .change_project(&caller, &project_id(&id)?, ProjectChange::AuthLimit(limit))
        .await?;
    Ok(Json(shared.wire_project(&caller, project).await?))
}

pub(in crate::http) async fn update_auth_method(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((id, method)): Path<(String, String)>,
    params: Params,
) -> Result<Json<wire::Project>> {
    let change = ProjectChange::AuthMethod(AuthMethod::parse(&method)?, params.required_boolean("status")?);
    let project = shared
        .engine
        .change_project(&caller, &project_id(&id)?, change)
        .await?;
    Ok(Json(shared.wire_project(&caller, project).await?))
}

impl Shared {
    /// A project on the wire carries its keys and webhooks with their secrets.
    async fn wire_project(
        &self,
        caller: &drydock_core::caller::Caller,
        project: drydock_core::project::Project,
    ) -> drydock_core::Result<wire::Project> {
        let keys = self.engine.keys(caller, &project.id).await?;
        let webhooks = self.engine.webhooks(caller, &project.id).await?;
        Ok(wire::Project::new(project, keys, webhooks))
    }
}

fn details(params: &Params) -> drydock_core::Result<Details> {
    let text = |name| {
        params
            .text(name, MAX_DETAIL_LENGTH)
            .map(Option::unwrap_or_default)
    };
    Ok(Details {
        description: text("description")?,
        logo: text("logo")?,
        url: params.page("url")?,
        legal_name: text("legalName")?,
        legal_country: text("legalCountry")?,
        legal_state: text("legalState")?,
        legal_city: text("legalCity")?,
        legal_address: text("legalAddress")?,
        legal_tax_id: text("legalTaxId")?,
    })
}
