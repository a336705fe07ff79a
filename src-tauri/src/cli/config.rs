//! `drydock config`: the settings in force and where each came from.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{ConfigFlag, JsonFlag, output};
use crate::config::{self, Effective, Flags, Sources, markdown};
use crate::data_dir::DataDir;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigFlag,
    #[command(flatten)]
    json: JsonFlag,
    /// Print docs/configuration.md
    #[arg(long, hide = true, conflicts_with = "json")]
    markdown: bool,
}

pub(crate) fn run(arguments: &Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    if arguments.markdown {
        output::raw(&markdown::page())?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = arguments.config.config.as_deref();
    let sources = Sources::of_this_process(data_dir.config_file(), file, Flags::default());
    let loaded = config::load(&sources)?;
    if arguments.json.json {
        let image = |(key, image): &(String, String)| json!({ "key": key, "value": image });
        let images: Vec<_> = loaded.images.iter().map(image).collect();
        let settings: Vec<_> = loaded.effective.iter().map(as_json).collect();
        output::json(&json!({
            "dataDir": data_dir.path(),
            "configFile": { "path": sources.file, "exists": sources.file.exists() },
            "settings": settings,
            "images": images,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let images = loaded.images.iter().map(|(key, image)| {
        vec![
            key.clone(),
            image.clone(),
            sources.file.display().to_string(),
            "-".to_owned(),
        ]
    });
    let rows: Vec<_> = loaded
        .effective
        .iter()
        .map(|e| {
            vec![
                e.setting.key.to_owned(),
                shown(&e.value),
                e.origin.to_string(),
                e.setting.variable(),
            ]
        })
        .chain(images)
        .collect();
    output::table(&["KEY", "VALUE", "FROM", "VARIABLE"], &rows)?;
    let presence = if sources.file.exists() { "" } else { " (not there)" };
    output::line(&format!("\nconfig file  {}{presence}", sources.file.display()))?;
    output::line(&format!("data folder  {}", data_dir.path().display()))?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(effective: &Effective) -> serde_json::Value {
    json!({
        "key": effective.setting.key,
        "value": effective.value,
        "from": effective.origin.to_string(),
        "flag": effective.setting.flag,
        "variable": effective.setting.variable(),
        "default": effective.setting.default_text(),
    })
}

fn shown(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
