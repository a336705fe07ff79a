//! `drydock users`: make and list users of a project, and get a JWT of one.

use std::fmt;
use std::io::{self, BufRead};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use drydock_core::id::{UNIQUE, random_hex};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::{JsonFlag, ProjectFlag, output, parse_id};
use crate::data_dir::DataDir;

/// Random bytes of a password that nobody chose: 96 bits in 24 characters.
const PASSWORD_BYTES: usize = 12;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List a project's users
    List(ListArguments),
    /// Make a user
    Create(CreateArguments),
    /// Sign in as a user and print a JWT, which works for 15 minutes
    Jwt(JwtArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those that have one of these words in id, e-mail or name
    #[arg(long, default_value = "", value_name = "WORDS", hide_default_value = true)]
    search: String,
    /// The most to list
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    limit: usize,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

/// What was typed as a password, or `-`.
#[derive(Clone)]
struct Password(String);

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// The e-mail address
    #[arg(long)]
    email: String,
    /// The password, or - to read it from stdin [default: one is made and printed]
    #[arg(long, allow_hyphen_values = true)]
    password: Option<Password>,
    /// What people call the user
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// The id [default: one is made]
    #[arg(long, value_parser = parse_id)]
    id: Option<String>,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct JwtArguments {
    /// The user's id
    #[arg(value_parser = parse_id)]
    user: String,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(command: Command, data_dir: &DataDir) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments, data_dir).await?,
        Command::Create(arguments) => create(arguments, data_dir).await?,
        Command::Jwt(arguments) => {
            let client = Client::connect(data_dir, &arguments.project.project)?;
            let path = ["users", arguments.user.as_str(), "sessions"];
            let session: Value = client.console_send(Method::POST, &path, &json!({})).await?;
            // Alone, so that a script can take it as it is.
            let jwt = session["jwt"].as_str().unwrap_or_default().to_owned();
            arguments.json.tell(&session, &jwt)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &ListArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let list = client
        .list(&["users"], "users", &arguments.search, arguments.limit)
        .await?;
    if arguments.json.json {
        return output::json(&list);
    }
    let rows: Vec<_> = list["users"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|user| {
            let mut row = output::texts(user, &["$id", "email", "name"]);
            row.push(if user["status"] == false { "blocked" } else { "" }.to_owned());
            row.push(output::time_of_secs(
                user["registration"].as_i64().unwrap_or_default(),
            ));
            row
        })
        .collect();
    output::table(&["ID", "EMAIL", "NAME", "", "REGISTERED"], &rows)
}

async fn create(arguments: CreateArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let made = arguments.password.is_none();
    let password = match arguments.password {
        None => random_hex(PASSWORD_BYTES),
        Some(Password(dash)) if dash == "-" => first_line_of_stdin()?,
        Some(Password(password)) => password,
    };
    let body = json!({
        "userId": arguments.id.as_deref().unwrap_or(UNIQUE),
        "email": arguments.email,
        "password": password,
        "name": arguments.name,
    });
    let mut user: Value = client.send(Method::POST, &["users"], &body).await?;
    let id = user["$id"].as_str().unwrap_or_default().to_owned();
    let mut sentence = format!("made user {id}");
    if made {
        user["password"] = Value::from(password.as_str());
        sentence = format!("{sentence} with the password {password}");
    }
    arguments.json.tell(&user, &sentence)
}

fn first_line_of_stdin() -> Result<String> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password cannot be read from stdin")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
