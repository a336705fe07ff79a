//! docs/configuration.md, made from the table of settings.

use std::fmt::Write as _;

use super::table::{IMAGE_KEY, IMAGE_REASON, OTHER_VARIABLES, SETTINGS};

const HEAD: &str = "# Configuration

<!-- Made by `drydock config --markdown` from the table in src-tauri/src/config/table.rs; a test compares them. -->

Drydock runs without any configuration. What it can be told comes from four places; a later one wins over an earlier one:

1. the defaults below;
2. `config.toml` in the data folder, or the file that `--config` names;
3. environment variables: `DRYDOCK_` and the key in capitals, with two underscores for each dot;
4. flags of `drydock serve`.

An unknown key or variable is an error that suggests the nearest known one. `drydock config` prints the settings in force and where each came from.

The data folder is `--data-dir`, else `DRYDOCK_DATA_DIR`, else the platform's data folder (`~/.local/share/drydock` on Linux).

";

const TAIL: &str = "
The same in `config.toml`, where a dot is a table:

```toml
port = 4800

[executions]
max_concurrent = 8

[runtimes.\"node-20.0\"]
image = \"node:20-slim\"
```
";

/// The whole page.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| key | flag | variable | default | takes | what it does and why |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let flag = setting.flag.map_or_else(String::new, |flag| format!("`{flag}`"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {flag} | `{}` | {} | {} | {} |",
            setting.key,
            setting.variable(),
            setting.default_text(),
            setting.kind.wants(),
            setting.reason
        );
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "| `{IMAGE_KEY}` | | | the list's | the name of an image | {IMAGE_REASON} |"
    );
    page.push_str("\nVariables that begin with `DRYDOCK_` and are no settings:\n\n");
    for (name, what) in OTHER_VARIABLES {
        let _ = writeln!(page, "- `{name}`: {what}.");
    }
    page.push_str(TAIL);
    page
}
