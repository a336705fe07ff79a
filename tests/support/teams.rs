//! Teams, their members, and the links that invite them.

use reqwest::Url;
use serde_json::{Value, json};

use crate::actor::{Actor, Request};
use crate::console::Console;
use crate::person::Person;

/// Where invitations of tests lead: a page of this machine.
const PAGE: &str = "http://localhost:3000/join?from=mail";

impl Actor {
    /// Makes a team of that id.
    pub async fn create_team(&self, id: &str) {
        let body = json!({ "teamId": id, "name": format!("Team {id}") });
        self.post("/v1/teams").json(&body).ok(201).await;
    }

    /// An invitation, to be sent.
    pub fn invitation(&self, team: &str, email: &str, roles: &[&str]) -> Request {
        let body = json!({ "email": email, "roles": roles, "url": PAGE });
        self.post(&format!("/v1/teams/{team}/memberships")).json(&body)
    }

    /// Invites somebody, or makes them a member when a key or the owner of the machine does it.
    pub async fn invite(&self, team: &str, email: &str, roles: &[&str]) -> Value {
        self.invitation(team, email, roles).ok(201).await
    }

    /// How many confirmed members a team has.
    pub async fn team_sum(&self, team: &str) -> i64 {
        let team = self.get(&format!("/v1/teams/{team}")).ok(200).await;
        team["sum"].as_i64().unwrap()
    }
}

/// What the link of an invitation carries.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The page it leads to, without its query.
    pub page: String,
    /// The query of the link.
    pub query: Vec<(String, String)>,
    /// The team.
    pub team: String,
    /// The membership that waits for confirmation.
    pub membership: String,
    /// Who is invited.
    pub user: String,
    /// What proves it.
    pub secret: String,
}

impl Invitation {
    fn read(link: &str) -> Self {
        let mut url = Url::parse(link).unwrap();
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let part = |name: &str| {
            let found = query.iter().find(|(known, _)| known == name);
            found.unwrap_or_else(|| panic!("no {name} in {link}")).1.clone()
        };
        let (team, membership, user, secret) = (
            part("teamId"),
            part("membershipId"),
            part("userId"),
            part("secret"),
        );
        url.set_query(None);
        Self {
            page: url.to_string(),
            query,
            team,
            membership,
            user,
            secret,
        }
    }

    /// The path of its membership.
    pub fn path(&self) -> String {
        format!("/v1/teams/{}/memberships/{}", self.team, self.membership)
    }

    /// The page of the link confirms it, in the browser of `actor`.
    pub fn accept(&self, actor: &Actor) -> Request {
        actor
            .patch(&format!("{}/status", self.path()))
            .json(&json!({ "userId": self.user, "secret": self.secret }))
    }
}

impl Console {
    /// The link of an invitation, which the console shows because there is no mail.
    pub async fn invitation(&self, project: &str, membership: &Value) -> Invitation {
        let (team, id) = (
            membership["teamId"].as_str().unwrap(),
            membership["$id"].as_str().unwrap(),
        );
        let list = self
            .get(&format!("/projects/{project}/teams/{team}/memberships"))
            .await;
        let found = links(&list)
            .into_iter()
            .map(|link| Invitation::read(&link))
            .find(|invitation| invitation.membership == id);
        found.unwrap_or_else(|| panic!("the console shows no link of {id}: {list}"))
    }

    /// The links of all invitations of a team that wait.
    pub async fn invitations(&self, project: &str, team: &str) -> Vec<Invitation> {
        let list = self
            .get(&format!("/projects/{project}/teams/{team}/memberships"))
            .await;
        links(&list).iter().map(|link| Invitation::read(link)).collect()
    }

    /// Invites a person to a team of project `default` and confirms it by the link.
    pub async fn join(&self, owner: &Actor, team: &str, person: &Person, roles: &[&str]) -> Value {
        let membership = owner.invite(team, &person.email, roles).await;
        let invitation = self.invitation("default", &membership).await;
        invitation.accept(&person.guest()).ok(200).await
    }
}

/// Every text `invitation` of the rows, wherever the rows are.
fn links(list: &Value) -> Vec<String> {
    match list {
        Value::Array(rows) => rows.iter().flat_map(links).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| match field.as_str() {
                Some(link) if name == "invitation" && !link.is_empty() => vec![link.to_owned()],
                _ => links(field),
            })
            .collect(),
        _ => Vec::new(),
    }
}
