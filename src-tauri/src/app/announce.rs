//! What a started server says on stdout.

use std::io::Write as _;
use std::net::SocketAddr;

use drydock_runtime::LimitsBy;

use super::server::Server;
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::http::VERSION;

/// Says where the server is and how to use it, and warns of what is open.
pub(super) fn announce(server: &Server, data_dir: &DataDir, settings: &Settings) {
    say_where(server, data_dir);
    if !server.address.ip().is_loopback() {
        warn_of_other_machines(server.address);
    }
    if settings.console_signup {
        warn_of_console_accounts();
    }
}

fn say_where(server: &Server, data_dir: &DataDir) {
    let Server {
        link, credentials, ..
    } = server;
    let (endpoint, standing) = (&server.file.endpoint, server.engine.standing());
    let sandbox = standing.level;
    let limits = match &standing.limits_by {
        LimitsBy::Nobody => "no limits".to_owned(),
        kept => format!("limits by {}", kept.as_str()),
    };
    // Nothing degrades in silence.
    let missing = standing.missing.first().map_or_else(String::new, |missing| {
        format!(
            "Sandbox   not {}: {} (`drydock doctor` says more)\n",
            missing.level.as_str(),
            missing.why
        )
    });
    let key = credentials
        .key_secret
        .as_deref()
        .unwrap_or("(none with every scope: `drydock keys create --name NAME` makes one)");
    let (project, backend) = (&credentials.project, server.engine.limits().backend.as_str());
    let text = format!(
        "Drydock {VERSION}, {backend} backend, sandbox: {sandbox}, {limits}\n{missing}\
         Data in {}\n\n\
         Console   {link}\n          (works once, for 10 minutes; `drydock console` prints a fresh one)\n\
         Endpoint  {endpoint}\n\
         Project   {project}\n\
         API key   {key}\n\n\
         With node-appwrite 4.0.2:\n\
         \x20 const sdk = require('node-appwrite');\n\
         \x20 const client = new sdk.Client().setEndpoint('{endpoint}').setProject('{project}').setKey(API_KEY);\n\
         \x20 new sdk.Functions(client).list().then(console.log);\n\n",
        data_dir.path().display()
    );
    // Nobody may be reading; the server serves all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// What `--allow-remote` means, said where it is in force.
fn warn_of_other_machines(address: SocketAddr) {
    let text = format!(
        "WARNING: this server listens on {address}, which other machines can reach.\n\
         \x20 Whoever has an API key or a console link can run code on this machine; anyone can sign up as a user.\n\
         \x20 Nothing is encrypted: keys, passwords and data can be read on the way.\n\
         \x20 To keep it to this machine, start it without --host.\n\n"
    );
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// What `--console-signup` means, said where it is in force.
fn warn_of_console_accounts() {
    let text = "NOTE: anyone who reaches the API can make a console account, and with it projects and functions \
                that run on this machine.\n\n";
    let _ = std::io::stdout().write_all(text.as_bytes());
}
