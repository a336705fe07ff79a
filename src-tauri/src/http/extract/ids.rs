//! Ids in paths: they follow the rule of all ids, and one that breaks it is a bad parameter.

use drydock_core::Result;
use drydock_core::id::{
    DeliveryId, EventId, ExecutionId, FunctionId, KeyId, MembershipId, PayloadId, PlatformId, ProjectId,
    SessionId, TagId, TeamId, UserId, WebhookId,
};

macro_rules! ids {
    ($($name:ident ($param:literal) -> $id:ident),+ $(,)?) => {
        $(pub(in crate::http) fn $name(text: &str) -> Result<$id> {
            $id::parse($param, text)
        })+
    };
}

ids! {
    project_id("projectId") -> ProjectId,
    function_id("functionId") -> FunctionId,
    tag_id("tagId") -> TagId,
    execution_id("executionId") -> ExecutionId,
    event_id("eventId") -> EventId,
    user_id("userId") -> UserId,
    session_id("sessionId") -> SessionId,
    team_id("teamId") -> TeamId,
    membership_id("membershipId") -> MembershipId,
    key_id("keyId") -> KeyId,
    payload_id("payloadId") -> PayloadId,
    platform_id("platformId") -> PlatformId,
    webhook_id("webhookId") -> WebhookId,
    delivery_id("deliveryId") -> DeliveryId,
}
