//! News: what changed, told to whoever listens (the console's stream), always after the commit.
//!
//! The channel is bounded. A listener that falls behind misses the oldest news and is told so; nobody waits
//! for it.

use drydock_core::execution::Execution;
use drydock_core::id::{
    ExecutionId, FunctionId, KeyId, MembershipId, PlatformId, ProjectId, TagId, TeamId, UserId, WebhookId,
};
use tokio::sync::{Notify, broadcast};

/// News kept for a slow listener: some seconds of a busy server.
const KEPT: usize = 1024;

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Updated,
    Deleted,
}

/// A thing that is told of by its id alone: who shows it reads it again.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    /// The project itself.
    Project,
    User(UserId),
    Team(TeamId),
    Membership {
        id: MembershipId,
        team: TeamId,
    },
    Key(KeyId),
    Platform(PlatformId),
    Webhook(WebhookId),
}

/// One piece of news.
#[derive(Debug, Clone)]
pub(crate) enum Happened {
    /// A function changed.
    Function {
        project: ProjectId,
        function: FunctionId,
        change: Change,
    },
    /// Something about people or the project changed.
    Thing {
        project: ProjectId,
        thing: Thing,
        change: Change,
    },
    /// A tag came or went.
    Tag {
        project: ProjectId,
        function: FunctionId,
        tag: TagId,
        change: Change,
    },
    /// Something about a function's linked folder changed.
    Link {
        project: ProjectId,
        function: FunctionId,
    },
    /// An execution reached a new state.
    Execution(Box<Execution>),
    /// An execution is to stay when old ones are removed, or not: its state is what it was.
    Pin(Box<Execution>),
    /// An event was emitted by hand, or has started nothing of what listens to it: there is no other news of that.
    Emitted { project: ProjectId },
    /// Something became of telling a webhook of an event, or is to.
    Delivery { project: ProjectId, webhook: WebhookId },
    /// More output of an execution can be read.
    Output {
        project: ProjectId,
        execution: ExecutionId,
    },
}

impl Happened {
    /// The project it belongs to.
    pub(crate) fn project(&self) -> &ProjectId {
        match self {
            Self::Function { project, .. }
            | Self::Thing { project, .. }
            | Self::Tag { project, .. }
            | Self::Link { project, .. }
            | Self::Emitted { project }
            | Self::Delivery { project, .. }
            | Self::Output { project, .. } => project,
            Self::Execution(execution) | Self::Pin(execution) => &execution.project,
        }
    }
}

/// The channel.
#[derive(Debug)]
pub(super) struct News {
    sender: broadcast::Sender<Happened>,
    /// Told with every news, since each is told after a commit that may have emitted an event.
    committed: Notify,
}

impl News {
    pub(super) fn new() -> Self {
        Self {
            sender: broadcast::channel(KEPT).0,
            committed: Notify::new(),
        }
    }

    pub(super) fn tell(&self, happened: Happened) {
        // Without listeners there is nobody to tell.
        let _ = self.sender.send(happened);
        self.committed.notify_one();
    }

    /// Completes when something was committed since the last time.
    pub(super) async fn committed(&self) {
        self.committed.notified().await;
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Happened> {
        self.sender.subscribe()
    }
}

impl super::Engine {
    /// Everything that happens from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Happened> {
        self.0.news.listen()
    }

    pub(super) fn tell_thing(&self, project: &ProjectId, thing: Thing, change: Change) {
        self.0.news.tell(Happened::Thing {
            project: project.clone(),
            thing,
            change,
        });
    }
}
