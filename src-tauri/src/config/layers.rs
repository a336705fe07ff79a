//! Puts the layers of settings on one another and checks every key and value of each.

use std::io::Read;
use std::net::IpAddr;

use drydock_core::runtime::Runtime;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider, Source};

use super::table::{OTHER_VARIABLES, SETTINGS, Setting, VARIABLE_PREFIX, runtime_of_image_key};
use super::{ConfigError, Effective, Loaded, Origin, Settings, Sources};

/// A config file has some ten lines; one beyond this is something else.
const MAX_FILE_BYTES: u64 = 1_000_000;

const DEFAULTS: &str = "defaults";
const VARIABLES: &str = "variables";
const FLAGS: &str = "flags";

/// A layer that is made of keys with dots.
struct Layer {
    name: &'static str,
    values: Vec<(String, Value)>,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (key, value) in &self.values {
            insert(&mut dict, key, value);
        }
        Ok(Profile::Default.collect(dict))
    }
}

/// Puts `value` at the end of the path that `key` names.
fn insert(dict: &mut Dict, key: &str, value: &Value) {
    let Some((first, rest)) = key.split_once('.') else {
        dict.insert(key.to_owned(), value.clone());
        return;
    };
    let entry = dict
        .entry(first.to_owned())
        .or_insert_with(|| Value::from(Dict::new()));
    // A group that was also set as a whole is told as an unknown key; here its parts win.
    if !matches!(entry, Value::Dict(..)) {
        *entry = Value::from(Dict::new());
    }
    if let Value::Dict(_, inner) = entry {
        insert(inner, rest, value);
    }
}

pub(super) fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut problems = Vec::new();
    let mut images = Vec::new();

    let defaults = SETTINGS
        .iter()
        .map(|s| (s.key.to_owned(), s.default_value()))
        .collect();
    let mut figment = Figment::from(Layer {
        name: DEFAULTS,
        values: defaults,
    });
    match read_file(sources) {
        Ok(Some(toml)) => {
            // Unknown keys are looked for in each layer, so that one layer cannot cover another's.
            let mut keys = Vec::new();
            for dict in toml.data().unwrap_or_default().values() {
                leaves("", dict, &mut keys);
            }
            for key in keys.iter().filter_map(|key| runtime_of_image_key(key)) {
                match image_of(&toml, key) {
                    Ok(image) => images.push((format!("runtimes.\"{key}\".image"), image)),
                    Err(why) => problems.push(format!(
                        "runtimes.\"{key}\".image in {}: {why}",
                        sources.file.display()
                    )),
                }
            }
            keys.retain(|key| runtime_of_image_key(key).is_none());
            problems.extend(unknown(&keys).map(|key| unknown_in_file(key, sources)));
            figment = figment.merge(toml);
        }
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    }
    let variables = variables_layer(sources);
    let keys: Vec<_> = variables.values.iter().map(|(key, _)| key.clone()).collect();
    problems.extend(unknown(&keys).map(unknown_variable));
    figment = figment.merge(&variables).merge(NamedFlags(sources));

    let mut effective = Vec::new();
    for setting in SETTINGS {
        // Every key has a default, so it is missing only where an unknown key has taken its place.
        let Ok(value) = figment.find_value(setting.key) else {
            continue;
        };
        let origin = origin_of(setting, &figment, &value, sources);
        if !setting.kind.takes(&value) {
            problems.push(bad_value(setting, &value, &origin));
        }
        effective.push(Effective {
            setting,
            value: to_json(&value),
            origin,
        });
    }
    if !problems.is_empty() {
        return Err(ConfigError(problems));
    }
    let settings: Settings = figment
        .extract()
        .map_err(|error| ConfigError(vec![error.to_string()]))?;
    if !settings.host.is_loopback() && !settings.allow_remote {
        let from = effective.iter().find(|one| one.setting.key == "host");
        let from = from.map_or(String::new(), |one| format!(" (from {})", one.origin));
        return Err(ConfigError(vec![remote(settings.host, &from)]));
    }
    Ok(Loaded {
        settings,
        effective,
        images,
    })
}

fn remote(host: IpAddr, from: &str) -> String {
    format!(
        "host = {host}{from} is not an address of this machine alone (127.0.0.1, ::1 or localhost): other machines could \
         reach the API, and what they send is not encrypted. If you want that, add --allow-remote (or allow_remote = \
         true in the config file)"
    )
}

/// The flags, under a name by which their values are known again.
struct NamedFlags<'a>(&'a Sources);

impl Provider for NamedFlags<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(FLAGS)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::defaults(&self.0.flags).data()
    }
}

/// The config file as a layer; `None` when there is none and none was named.
fn read_file(sources: &Sources) -> Result<Option<Figment>, String> {
    let path = sources.file.display();
    let mut text = String::new();
    match std::fs::File::open(&sources.file) {
        Ok(file) => {
            let size_bytes = file
                .take(MAX_FILE_BYTES + 1)
                .read_to_string(&mut text)
                .map_err(|error| format!("the config file {path} cannot be read: {error}"))?;
            if size_bytes as u64 > MAX_FILE_BYTES {
                return Err(format!(
                    "{path} is larger than {MAX_FILE_BYTES} bytes, so it is no config file"
                ));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !sources.file_required => {
            return Ok(None);
        }
        Err(error) => {
            return Err(format!(
                "the config file {path} cannot be read: {error}. Make it, or leave --config out"
            ));
        }
    }
    // From the file and not from `text`, so that its values know which file they are from.
    let layer = Figment::from(Toml::file_exact(&sources.file));
    match layer.data() {
        Ok(_) => Ok(Some(layer)),
        Err(error) => Err(format!("the config file {path} is not TOML: {}", error.kind)),
    }
}

fn variables_layer(sources: &Sources) -> Layer {
    let values = sources
        .variables
        .iter()
        .filter(|(name, _)| OTHER_VARIABLES.iter().all(|(other, _)| other != name))
        .filter_map(|(name, text)| {
            let key = name
                .strip_prefix(VARIABLE_PREFIX)?
                .replace("__", ".")
                .to_lowercase();
            // Every setting is a number, yes or no, or text, so nothing else is looked for in a variable.
            let value = match (text.parse::<u64>(), text.parse::<bool>()) {
                (Ok(number), _) => Value::from(number),
                (_, Ok(on)) => Value::from(on),
                _ => Value::from(text.as_str()),
            };
            Some((key, value))
        })
        .collect();
    Layer {
        name: VARIABLES,
        values,
    }
}

/// The image that a config file chooses for a runtime.
fn image_of(toml: &Figment, runtime: &str) -> Result<String, String> {
    if Runtime::parse("runtime", runtime).is_err() {
        return Err("there is no such runtime; GET /v1/functions/runtimes lists them".to_owned());
    }
    // Not by its path, since the id has a dot.
    let found = toml
        .data()
        .unwrap_or_default()
        .into_values()
        .find_map(|mut dict| {
            let runtimes = dict.remove("runtimes")?.into_dict()?.remove(runtime)?;
            runtimes.into_dict()?.remove("image")?.into_string()
        });
    found
        .filter(|image| !image.is_empty() && !image.contains(char::is_whitespace))
        .ok_or_else(|| {
            "wants the name of an image, such as \"node:20-alpine\", below the id in quotes".to_owned()
        })
}

/// Those that the table does not have.
fn unknown(keys: &[String]) -> impl Iterator<Item = &str> {
    keys.iter()
        .map(String::as_str)
        .filter(|key| SETTINGS.iter().all(|s| s.key != *key))
}

/// The keys of all values below `dict`, in dots.
fn leaves(prefix: &str, dict: &Dict, keys: &mut Vec<String>) {
    for (name, value) in dict {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            // An empty table is harmless where a setting could stand in it.
            Value::Dict(_, inner) if inner.is_empty() && is_group(&key) => {}
            Value::Dict(_, inner) if !inner.is_empty() => leaves(&key, inner, keys),
            _ => keys.push(key),
        }
    }
}

fn is_group(key: &str) -> bool {
    SETTINGS
        .iter()
        .any(|s| s.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

fn unknown_in_file(key: &str, sources: &Sources) -> String {
    let mend = match nearest(key) {
        _ if is_group(key) => group_mend(key, |s| s.key.to_owned()),
        Some(setting) => format!("did you mean \"{}\"?", setting.key),
        None => "`drydock config` lists every key".to_owned(),
    };
    format!("unknown key \"{key}\" in {}: {mend}", sources.file.display())
}

fn unknown_variable(key: &str) -> String {
    let name = format!("{VARIABLE_PREFIX}{}", key.replace('.', "__").to_uppercase());
    let mend = match nearest(key) {
        _ if is_group(key) => group_mend(key, Setting::variable),
        Some(setting) => format!("did you mean {}?", setting.variable()),
        None => "unset it; `drydock config` lists every variable".to_owned(),
    };
    format!("unknown variable {name}: {mend}")
}

fn group_mend(key: &str, name: impl Fn(&Setting) -> String) -> String {
    let prefix = format!("{key}.");
    let names: Vec<_> = SETTINGS
        .iter()
        .filter(|s| s.key.starts_with(&prefix))
        .map(name)
        .collect();
    format!("it is a group; set {}", names.join(" or "))
}

/// The setting whose name is most like `key`, if one is like it at all.
fn nearest(key: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .map(|setting| (likeness(setting.key, key), setting))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        // Below this even short words such as `port` and `part` are told apart from chance hits.
        .filter(|(likeness, _)| *likeness >= 0.8)
        .map(|(_, setting)| setting)
}

/// From 0 to 1. The right word in the wrong table (`max_waiting`, `uplod.max_bytes`) counts as like; of
/// several such the one whose table has the likest name wins.
fn likeness(known: &str, key: &str) -> f64 {
    let parts = |key: &str| {
        let mut parts = key.rsplit('.').map(str::to_owned);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    };
    let ((known_word, known_table), (word, table)) = (parts(known), parts(key));
    let by_word = if known_word == word {
        0.85 + 0.1 * strsim::jaro_winkler(&known_table, &table)
    } else {
        0.0
    };
    strsim::jaro_winkler(known, key).max(by_word)
}

fn origin_of(setting: &'static Setting, figment: &Figment, value: &Value, sources: &Sources) -> Origin {
    let Some(metadata) = figment.get_metadata(value.tag()) else {
        return Origin::Default;
    };
    match (&metadata.source, metadata.name.as_ref()) {
        (Some(Source::File(_)), _) => Origin::File(sources.file.clone()),
        (_, VARIABLES) => Origin::Variable(setting.variable()),
        (_, FLAGS) => Origin::Flag(setting.flag.unwrap_or_default()),
        _ => Origin::Default,
    }
}

fn bad_value(setting: &Setting, value: &Value, origin: &Origin) -> String {
    let (key, shown) = (setting.key, to_json(value));
    let default = setting.default_text();
    let mend = match origin {
        Origin::Variable(name) => format!("Set {name} to one, or unset it to have {default}"),
        Origin::Flag(flag) => format!("Give {flag} one, or leave it out to have {default}"),
        Origin::File(_) | Origin::Default => format!("Write one, or remove the line to have {default}"),
    };
    format!(
        "{key} = {shown} (from {origin}) is not {}. {mend}",
        setting.kind.wants()
    )
}

fn to_json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}
