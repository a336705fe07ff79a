//! Memberships: inviting, accepting, changing roles, leaving.
//!
//! There is no mail server: the link of an invitation is kept, sealed, for the console to show.

use drydock_core::agent::Client;
use drydock_core::caller::Caller;
use drydock_core::id::{MembershipId, ProjectId, TeamId, UserId, random_hex};
use drydock_core::list::{ListQuery, Page};
use drydock_core::session::{Provider, SECRET_BYTES};
use drydock_core::team::{Member, Membership};
use drydock_core::user::{Prefs, User};
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::memberships::{self, Invitation};
use drydock_store::table::{teams, users};

use super::Engine;
use super::emit::Subject;
use super::news::{Change, Thing};
use super::sessions::{NewSession, begin};
use super::teams::{NO_TEAM, team_in};
use super::users::{add_user, require_room};
use crate::secrets;

const NO_MEMBERSHIP: Error = Error::NotFound("Membership");

/// Somebody who is wanted in a team. The address is valid and lower-cased.
pub(crate) struct Invite {
    pub(crate) email: String,
    /// Of the user who is made where none has the address; the address where it is empty.
    pub(crate) name: String,
    pub(crate) roles: Vec<String>,
    /// The page that takes the invited person's answer.
    pub(crate) url: String,
}

impl Engine {
    /// Invites somebody into a team. Who is invited by a key or an administrator is in at once; who is invited
    /// by a user must accept.
    ///
    /// # Errors
    /// `NotFound` for the team, `Denied` for who is no owner, `RegistrationRestricted`, `Conflict` for a member.
    pub(crate) async fn invite(&self, caller: &Caller, team: &TeamId, invite: Invite) -> Result<Member> {
        let now = self.now();
        let confirmed = caller.bypasses_permissions();
        let stranger = User {
            project: caller.project.clone(),
            id: UserId::trusted(self.0.ids.unique()),
            name: if invite.name.is_empty() {
                invite.email.clone()
            } else {
                invite.name
            },
            email: Some(invite.email.clone()),
            email_verified: false,
            // Nobody knows a password; `password_updated_at` stays empty, so that one can be set without it.
            password_hash: None,
            password_updated_at: None,
            active: true,
            prefs: Prefs::new(),
            registered_at: now,
        };
        let secret = random_hex(SECRET_BYTES);
        let membership_id = MembershipId::trusted(self.0.ids.unique());
        let (caller, team, engine) = (caller.clone(), team.clone(), self.clone());
        let emitter = self.emitter();
        let (member, new_user) = self
            .0
            .store
            .write(move |tx| {
                team_in(tx, &caller.project, &team)?;
                if !caller.owns_team(&team) {
                    return Err(Error::Denied(
                        "User is not allowed to send invitations for this team",
                    ));
                }
                let known = users::by_email(tx, &caller.project, &invite.email)?;
                let is_new = known.is_none();
                let user = match known {
                    Some(user) => user,
                    None => {
                        if !confirmed {
                            require_room(tx, &caller.project)?;
                        }
                        add_user(tx, &stranger)?;
                        stranger
                    }
                };
                let place = Membership {
                    project: caller.project.clone(),
                    id: membership_id,
                    team,
                    user: user.id.clone(),
                    roles: invite.roles,
                    invited_at: now,
                    joined_at: confirmed.then_some(now),
                    confirmed,
                };
                let invitation = if confirmed {
                    None
                } else {
                    let link = link(&invite.url, &place, &secret);
                    Some(Invitation {
                        secret_hash: secrets::hash(&secret).to_vec(),
                        link_sealed: engine.0.seal.seal(&link)?,
                    })
                };
                match memberships::insert(tx, &place, invitation.as_ref()) {
                    Err(Error::AlreadyExists { .. }) => {
                        return Err(Error::Conflict(
                            "User has already been invited or is already a member of this team",
                        ));
                    }
                    result => result?,
                }
                let member = memberships::member(tx, place)?;
                let invited = Subject::Member(member.clone());
                emitter.emit(tx, &caller.project, "teams.memberships.create", invited)?;
                Ok((member, is_new.then_some(user)))
            })
            .await?;
        if let Some(user) = new_user {
            self.tell_user(&user, Change::Created);
        }
        self.tell_membership(&member.membership, Change::Created);
        Ok(member)
    }

    /// One page of the members of a team that the caller may see.
    ///
    /// # Errors
    /// `NotFound`, `CursorNotFound`.
    pub(crate) async fn members(
        &self,
        caller: &Caller,
        team: &TeamId,
        query: ListQuery,
    ) -> Result<Page<Member>> {
        let team = self.team(caller, team).await?;
        self.0
            .store
            .read(move |tx| memberships::list(tx, &team.project, &team.id, &query))
            .await
    }

    /// One membership of a team that the caller may see.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn member(&self, caller: &Caller, team: &TeamId, id: &MembershipId) -> Result<Member> {
        let team = self.team(caller, team).await?;
        let id = id.clone();
        self.0
            .store
            .read(move |tx| {
                let place = place_in(tx, &team.project, &team.id, &id)?;
                memberships::member(tx, place)
            })
            .await
    }

    /// The links of invitations that wait for an answer, for the owner of the machine; `None` for the others.
    pub(crate) async fn invitation_links(
        &self,
        project: &ProjectId,
        ids: Vec<MembershipId>,
    ) -> Result<Vec<Option<String>>> {
        let project = project.clone();
        let sealed = self
            .0
            .store
            .read(move |tx| {
                ids.iter()
                    .map(|id| memberships::invitation(tx, &project, id))
                    .collect::<Result<Vec<_>>>()
            })
            .await?;
        sealed
            .into_iter()
            .map(|one| one.map(|one| Ok(self.0.seal.open(&one.link_sealed)?)).transpose())
            .collect()
    }

    /// Replaces a member's roles.
    ///
    /// # Errors
    /// `NotFound`, `Denied` for who is no owner.
    pub(crate) async fn set_member_roles(
        &self,
        caller: &Caller,
        team: &TeamId,
        id: &MembershipId,
        roles: Vec<String>,
    ) -> Result<Member> {
        let (caller, team, id) = (caller.clone(), team.clone(), id.clone());
        let emitter = self.emitter();
        let member = self
            .0
            .store
            .write(move |tx| {
                if !caller.sees_team(&team) {
                    return Err(NO_TEAM);
                }
                team_in(tx, &caller.project, &team)?;
                let place = place_in(tx, &caller.project, &team, &id)?;
                if !caller.owns_team(&team) {
                    return Err(Error::Denied("User is not allowed to modify roles"));
                }
                memberships::set_roles(tx, &caller.project, &id, &roles)?;
                let member = memberships::member(tx, Membership { roles, ..place })?;
                let changed = Subject::Member(member.clone());
                emitter.emit(tx, &caller.project, "teams.memberships.update", changed)?;
                Ok(member)
            })
            .await?;
        self.tell_membership(&member.membership, Change::Updated);
        Ok(member)
    }

    /// Ends a membership: by an owner of the team, or by the member, invited or confirmed.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub(crate) async fn remove_member(
        &self,
        caller: &Caller,
        team: &TeamId,
        id: &MembershipId,
    ) -> Result<()> {
        let (caller, team, id) = (caller.clone(), team.clone(), id.clone());
        let emitter = self.emitter();
        let place = self
            .0
            .store
            .write(move |tx| {
                let place = place_in(tx, &caller.project, &team, &id);
                let own = caller.signed_in().map(|signed_in| &signed_in.user.id);
                let is_own = place.as_ref().is_ok_and(|place| own == Some(&place.user));
                if !is_own && !caller.sees_team(&team) {
                    return Err(NO_TEAM);
                }
                team_in(tx, &caller.project, &team)?;
                let place = place?;
                if !is_own && !caller.owns_team(&team) {
                    return Err(Error::Denied("User is not allowed to remove this member"));
                }
                let member = memberships::member(tx, place)?;
                memberships::delete(tx, &caller.project, &id)?;
                let gone = Subject::Member(member.clone());
                emitter.emit(tx, &caller.project, "teams.memberships.delete", gone)?;
                Ok(member.membership)
            })
            .await?;
        self.tell_membership(&place, Change::Deleted);
        Ok(())
    }

    /// Accepts an invitation by its secret: the member is in, the address is theirs, and they are signed in.
    ///
    /// # Errors
    /// `NotFound` for the membership or another team; `Denied` for a wrong secret or user; `UserBlocked`.
    pub(crate) async fn accept_invitation(
        &self,
        caller: &Caller,
        team: &TeamId,
        id: &MembershipId,
        user: &UserId,
        secret: &str,
        client: Client,
    ) -> Result<(Member, NewSession)> {
        if caller
            .signed_in()
            .is_some_and(|signed_in| signed_in.user.id != *user)
        {
            return Err(Error::Denied(
                "Invite does not belong to the current user: sign out first",
            ));
        }
        let project = caller.project.clone();
        let (team, id, user) = (team.clone(), id.clone(), user.clone());
        let secret = secret.to_owned();
        let (engine, now) = (self.clone(), self.now());
        let (accepted, begun) = (self.emitter().by(&user), self.emitter());
        let (member, new) = self
            .0
            .store
            .write(move |tx| {
                let place = place_in(tx, &project, &team, &id)?;
                teams::get(tx, &project, &team)?.ok_or(NO_TEAM)?;
                let invitation = memberships::invitation(tx, &project, &id)?;
                if !invitation.is_some_and(|one| secrets::is(&secret, &one.secret_hash)) {
                    return Err(Error::Denied("Secret key not valid"));
                }
                if place.user != user {
                    return Err(Error::Denied("Invite does not belong to this user"));
                }
                let mut invited = users::get(tx, &project, &user)?
                    .ok_or(Error::Denied("Invite does not belong to this user"))?;
                invited.require_active()?;
                memberships::confirm(tx, &project, &id, now)?;
                invited.email_verified = true;
                users::update(tx, &invited)?;
                let new = engine.new_session(&invited, Provider::Email, client.clone());
                let hash = secrets::hash(&new.token.secret);
                begin(tx, &invited, &new.session, &hash, client, now, begun)?;
                let place = place_in(tx, &project, &team, &id)?;
                let member = memberships::member(tx, place)?;
                let subject = Subject::Member(member.clone());
                accepted.emit(tx, &project, "teams.memberships.update.status", subject)?;
                Ok((member, new))
            })
            .await?;
        self.tell_membership(&member.membership, Change::Updated);
        Ok((member, new))
    }

    fn tell_membership(&self, place: &Membership, change: Change) {
        let thing = Thing::Membership {
            id: place.id.clone(),
            team: place.team.clone(),
        };
        self.tell_thing(&place.project, thing, change);
    }
}

fn place_in(tx: &ReadTx<'_>, project: &ProjectId, team: &TeamId, id: &MembershipId) -> Result<Membership> {
    memberships::get(tx, project, id)?
        .filter(|place| place.team == *team)
        .ok_or(NO_MEMBERSHIP)
}

/// What the invited page reads from its address.
const ANSWER: [&str; 4] = ["membershipId", "teamId", "userId", "secret"];

/// The invited page's address with what it needs to answer. What its own query says stays, but for those names:
/// the page would read the wrong one of two.
fn link(url: &str, place: &Membership, secret: &str) -> String {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (base, own) = url.split_once('?').unwrap_or((url, ""));
    let own = own.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !ANSWER.contains(&name)
    });
    let [membership_name, team_name, user_name, secret_name] = ANSWER;
    let answer = form_urlencoded::Serializer::new(String::new())
        .append_pair(membership_name, place.id.as_str())
        .append_pair(team_name, place.team.as_str())
        .append_pair(user_name, place.user.as_str())
        .append_pair(secret_name, secret)
        .finish();
    let query: Vec<_> = own.chain([answer.as_str()]).collect();
    let mark = if fragment.is_empty() { "" } else { "#" };
    format!("{base}?{}{mark}{fragment}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use drydock_core::clock::Timestamp;

    use super::*;

    #[test]
    fn a_link_keeps_the_query_and_fragment_of_its_page() {
        let place = Membership {
            project: ProjectId::trusted("p"),
            id: MembershipId::trusted("m"),
            team: TeamId::trusted("t"),
            user: UserId::trusted("u"),
            roles: Vec::new(),
            invited_at: Timestamp(0),
            joined_at: None,
            confirmed: false,
        };
        let answer = "membershipId=m&teamId=t&userId=u&secret=s";
        for (url, wanted) in [
            ("http://localhost/join", format!("http://localhost/join?{answer}")),
            (
                "http://localhost/?a=1#/x",
                format!("http://localhost/?a=1&{answer}#/x"),
            ),
            (
                "http://localhost/?secret=old&b&userId=x",
                format!("http://localhost/?b&{answer}"),
            ),
        ] {
            assert_eq!(link(url, &place, "s"), wanted);
        }
    }
}
