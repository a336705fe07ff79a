#![allow(clippy::unwrap_used)]

use super::table::SETTINGS;
use super::*;

fn sources(toml: &str, variables: &[(&str, &str)], flags: Flags) -> (tempfile::TempDir, Sources) {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    std::fs::write(&file, toml).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    (
        temp,
        Sources {
            file,
            file_required: false,
            variables,
            flags,
        },
    )
}

fn loaded(toml: &str, variables: &[(&str, &str)], flags: Flags) -> Loaded {
    load(&sources(toml, variables, flags).1).unwrap()
}

fn refused(toml: &str, variables: &[(&str, &str)], flags: Flags) -> Vec<String> {
    load(&sources(toml, variables, flags).1).unwrap_err().0
}

fn origin(loaded: &Loaded, key: &str) -> Origin {
    loaded
        .effective
        .iter()
        .find(|e| e.setting.key == key)
        .unwrap()
        .origin
        .clone()
}

#[test]
fn without_anything_the_defaults_hold() {
    let (_temp, mut sources) = sources("", &[], Flags::default());
    sources.file = "/no/such/file".into();
    let Loaded {
        settings,
        effective,
        images,
    } = load(&sources).unwrap();
    assert_eq!(
        (settings.host.to_string().as_str(), settings.port),
        ("127.0.0.1", 4747)
    );
    assert_eq!(settings.upload.max_bytes, 30_000_000);
    assert_eq!(settings.executions.max_waiting, 10_000);
    assert!(settings.executions.max_concurrent >= 2);
    assert_eq!(effective.len(), SETTINGS.len());
    assert!(images.is_empty() && settings.images().is_empty());
    assert!(effective.iter().all(|e| e.origin == Origin::Default));
}

#[test]
fn a_flag_wins_over_a_variable_which_wins_over_the_file_which_wins_over_the_default() {
    let toml = "port = 1\nlog_format = \"json\"\n[executions]\nmax_waiting = 5\nmax_concurrent = 6\n";
    let variables = [("DRYDOCK_PORT", "2"), ("DRYDOCK_EXECUTIONS__MAX_WAITING", "7")];
    let all = loaded(
        toml,
        &variables,
        Flags {
            port: Some(3),
            ..Flags::default()
        },
    );
    assert_eq!(all.settings.port, 3);
    assert_eq!(
        all.settings.executions,
        ExecutionSettings {
            max_concurrent: 6,
            max_concurrent_per_function: 1024,
            max_waiting: 7
        }
    );
    assert_eq!(all.settings.log_format, LogFormat::Json);
    assert_eq!(origin(&all, "port"), Origin::Flag("--port"));
    assert_eq!(
        origin(&all, "executions.max_waiting"),
        Origin::Variable("DRYDOCK_EXECUTIONS__MAX_WAITING".into())
    );
    assert!(matches!(
        origin(&all, "executions.max_concurrent"),
        Origin::File(_)
    ));
    assert_eq!(origin(&all, "host"), Origin::Default);
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    let said = refused(
        "prot = 1\n[executions]\nmax_concurent = 2\n",
        &[],
        Flags::default(),
    );
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("config.toml") && said[0].contains("\"executions.max_concurrent\""),
        "{said:?}"
    );
    assert!(
        said[1].contains("\"prot\"") && said[1].contains("\"port\"?"),
        "{said:?}"
    );

    let said = refused("max_waiting = 1", &[], Flags::default());
    assert!(
        said[0].contains("did you mean \"executions.max_waiting\"?"),
        "{said:?}"
    );
    let said = refused("[executions]\nuplod.max_bytes = 1", &[], Flags::default());
    assert!(said[0].contains("did you mean \"upload.max_bytes\"?"), "{said:?}");
    let said = refused("colour = \"red\"", &[], Flags::default());
    assert!(said[0].contains("`drydock config` lists every key"), "{said:?}");
    let said = refused("[colours]", &[], Flags::default());
    assert!(said[0].contains("\"colours\""), "{said:?}");
}

#[test]
fn an_unknown_key_is_found_also_where_a_later_layer_covers_it() {
    let flags = Flags {
        port: Some(3),
        ..Flags::default()
    };
    let said = refused("[port]\nnumber = 1", &[("DRYDOCK_PORT", "1")], flags);
    assert!(said[0].contains("\"port.number\""), "{said:?}");
}

#[test]
fn an_unknown_variable_is_an_error_with_a_suggestion() {
    let said = refused("", &[("DRYDOCK_EXECUTIONS_MAX_WAITING", "1")], Flags::default());
    assert!(
        said[0].contains("did you mean DRYDOCK_EXECUTIONS__MAX_WAITING?"),
        "{said:?}"
    );
    let said = refused("", &[("DRYDOCK_EXECUTIONS", "1")], Flags::default());
    assert!(said[0].contains("it is a group") && said[0].contains("DRYDOCK_EXECUTIONS__MAX_CONCURRENT"));
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    loaded(
        "",
        &[("DRYDOCK_DATA_DIR", "/x"), ("DRYDOCK_BIN", "/y")],
        Flags::default(),
    );
}

#[test]
fn a_bad_value_names_key_source_and_mend() {
    let said = refused("", &[("DRYDOCK_PORT", "many")], Flags::default());
    assert_eq!(
        said,
        [
            "port = \"many\" (from the variable DRYDOCK_PORT) is not a whole number from 0 to 65535, in digits. \
          Set DRYDOCK_PORT to one, or unset it to have 4747"
        ]
    );
    let said = refused("[upload]\nmax_bytes = -1", &[], Flags::default());
    assert!(
        said[0].starts_with("upload.max_bytes = -1 (from ") && said[0].contains("config.toml"),
        "{said:?}"
    );
    for bad in [
        "port = 65536",
        "port = 1.5",
        "log_format = \"xml\"",
        "[executions]\nmax_concurrent = 0",
        "[executions]\nmax_concurrent_per_function = 0",
    ] {
        assert_eq!(refused(bad, &[], Flags::default()).len(), 1, "{bad}");
    }
}

#[test]
fn the_image_of_a_runtime_is_chosen_in_the_file_by_its_id() {
    let toml = "[runtimes.\"node-20.0\"]\nimage = \"registry.local:5000/node:20\"\n";
    let all = loaded(toml, &[], Flags::default());
    assert_eq!(all.settings.images()["node-20.0"], "registry.local:5000/node:20");
    assert_eq!(all.images[0].0, "runtimes.\"node-20.0\".image");
    for (bad, words) in [
        ("[runtimes.\"node-99\"]\nimage = \"x\"", "no such runtime"),
        ("[runtimes.\"node-20.0\"]\nimage = 1", "the name of an image"),
        ("[runtimes.\"node-20.0\"]\nimage = \"\"", "the name of an image"),
        ("[runtimes.\"node-20.0\"]\nimge = \"x\"", "unknown key"),
        // Without quotes it is another table.
        ("[runtimes.node-20.0]\nimage = \"x\"", "in quotes"),
    ] {
        let said = refused(bad, &[], Flags::default());
        assert!(said[0].contains(words), "{bad}: {said:?}");
    }
}

#[test]
fn a_switch_and_names_are_read_from_variables_and_the_file() {
    let variables = [
        ("DRYDOCK_RATE_LIMITS", "false"),
        ("DRYDOCK_HOSTS", "dev.test, Api.Dev.Test"),
    ];
    let settings = loaded("console_signup = true", &variables, Flags::default()).settings;
    assert!(!settings.rate_limits && settings.console_signup);
    assert_eq!(settings.hosts, ["dev.test", "api.dev.test"]);
    for bad in [
        "rate_limits = \"no\"",
        "hosts = \"http://dev.test\"",
        "hosts = \"dev.test:80\"",
    ] {
        assert_eq!(refused(bad, &[], Flags::default()).len(), 1, "{bad}");
    }
}

#[test]
fn an_address_that_other_machines_reach_needs_the_word_of_the_user() {
    for host in ["0.0.0.0", "192.168.1.5", "::"] {
        let flags = Flags {
            host: Some(host.into()),
            ..Flags::default()
        };
        let said = refused("", &[], flags);
        assert!(
            said[0].contains(host) && said[0].contains("--host") && said[0].contains("--allow-remote"),
            "{said:?}"
        );
        let allowed = Flags {
            host: Some(host.into()),
            allow_remote: Some(true),
            ..Flags::default()
        };
        assert!(loaded("", &[], allowed).settings.allow_remote);
    }
    let named = Flags {
        host: Some("example.org".into()),
        ..Flags::default()
    };
    let said = refused("", &[], named);
    assert!(
        said[0].contains("example.org") && said[0].contains("IP address"),
        "{said:?}"
    );
    for host in ["127.0.0.2", "::1", "localhost"] {
        assert!(
            loaded(&format!("host = \"{host}\""), &[], Flags::default())
                .settings
                .host
                .is_loopback()
        );
    }
}

#[test]
fn a_file_that_is_not_toml_or_not_there_is_an_error_that_names_it() {
    let said = refused("port = = 1", &[], Flags::default());
    assert!(
        said[0].contains("config.toml") && said[0].contains("is not TOML"),
        "{said:?}"
    );

    let (_temp, mut sources) = sources("", &[], Flags::default());
    sources.file = "/no/such/file.toml".into();
    sources.file_required = true;
    let said = load(&sources).unwrap_err().to_string();
    assert!(said.contains("/no/such/file.toml"), "{said}");
}

#[test]
fn the_defaults_obey_their_own_rules_and_no_key_is_there_twice() {
    for (index, setting) in SETTINGS.iter().enumerate() {
        assert!(setting.kind.takes(&setting.default_value()), "{}", setting.key);
        assert!(
            SETTINGS[..index].iter().all(|other| other.key != setting.key),
            "{}",
            setting.key
        );
    }
}

#[test]
fn the_configuration_page_is_the_one_made_from_the_table() {
    let written = include_str!("../../../docs/configuration.md");
    assert!(
        written == markdown::page(),
        "docs/configuration.md is old: run `drydock config --markdown > docs/configuration.md`"
    );
}
