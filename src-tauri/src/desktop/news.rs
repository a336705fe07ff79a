//! What the server tells the window, and what becomes of it.

use std::sync::Arc;

use anyhow::Error;
use serde::Deserialize;
use tauri::{AppHandle, Manager as _};

use super::notice::{Click, Notice, Notices};
use super::shell::Shell;
use super::tray::{self, Load};
use super::window;
use crate::cli::client::Client;

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Message {
    Load {
        running: usize,
        waiting: usize,
        watching_paused: bool,
    },
    Failed {
        function: Named,
        execution_id: String,
        exit_code: i32,
        reason: String,
    },
    Unparsed {
        function: Named,
        reason: String,
    },
    Focus,
    /// What a newer server tells.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Named {
    project: String,
    id: String,
    name: String,
}

impl Named {
    /// An address of the console; identifiers stand in one as they are.
    fn place(&self, below: &str) -> String {
        format!("/functions/{}/{below}?project={}", self.id, self.project)
    }
}

/// Does what the server tells, until it tells no more, and says why.
pub(super) async fn follow(app: &AppHandle, shell: &Arc<Shell>, client: &Client) -> Error {
    let mut events = match client.window_events().await {
        Ok(events) => events,
        Err(error) => return error,
    };
    loop {
        match events.next_of::<Message>().await {
            Ok(message) => {
                let (on_its_thread, shell) = (app.clone(), Arc::clone(shell));
                let handed = app.run_on_main_thread(move || handle(&on_its_thread, &shell, message));
                if let Err(error) = handed {
                    return Error::new(error).context("the window does not listen");
                }
            }
            Err(error) => return error,
        }
    }
}

fn handle(app: &AppHandle, shell: &Shell, message: Message) {
    match message {
        Message::Load {
            running,
            waiting,
            watching_paused,
        } => tray::tell(
            app,
            Load {
                running,
                waiting,
                watching_paused,
            },
        ),
        Message::Failed {
            function,
            execution_id,
            exit_code,
            reason,
        } => {
            let notice = Notice {
                summary: &format!("{} failed with exit code {exit_code}", function.name),
                body: &reason,
                click: Click::Shows(function.place(&format!("executions/{execution_id}"))),
            };
            notify(app, shell, notice);
        }
        Message::Unparsed { function, reason } => {
            let notice = Notice {
                summary: &format!("{} does not parse; the last good code stays live", function.name),
                body: &reason,
                click: Click::Shows(function.place("code")),
            };
            notify(app, shell, notice);
        }
        Message::Focus => window::bring_to_front(app),
        Message::Other => {}
    }
}

fn notify(app: &AppHandle, shell: &Shell, notice: Notice<'_>) {
    if shell.kept().notifications {
        app.state::<Notices>().show(notice);
    }
}
