//! The languages that Drydock knows: names of their programs, how one is asked what it is, and how it is
//! installed. Owns: this table. Must not: touch the machine.

/// A language.
#[derive(Debug)]
pub(crate) struct Family {
    /// As in the ids of runtimes.
    pub(crate) name: &'static str,
    /// As people write it.
    pub(crate) title: &'static str,
    /// Names of its program, the preferred first; each may be followed by a version.
    pub(crate) programs: &'static [&'static str],
    /// Arguments that make it tell what it is.
    pub(super) ask: &'static [&'static str],
    /// What it then says.
    pub(super) says: Says,
    /// What installs it on Debian, or elsewhere if Debian has none.
    pub(crate) install: &'static str,
}

impl Family {
    /// Puts in front of a command's arguments what its interpreter needs to see its environment as in Appwrite.
    pub(crate) fn add_to(&self, arguments: &mut Vec<String>) {
        if self.name == "php" {
            // Debian's php.ini, also in an image, leaves E out, and with it $_ENV empty; Appwrite's images have no
            // php.ini.
            arguments.splice(0..0, ["-d".to_owned(), "variables_order=EGPCS".to_owned()]);
        }
    }
}

/// The shape of an interpreter's answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Says {
    /// Its real path on one line, its version on the next.
    PathAndVersion,
    /// Its folder on one line, its version on the next; the binary is `bin/<program>` below.
    HomeAndVersion,
    /// Java's list of properties.
    JavaProperties,
    /// Something with its version in it.
    Version,
}

use Says::{HomeAndVersion, JavaProperties, PathAndVersion, Version};

#[rustfmt::skip]
pub(crate) static FAMILIES: &[Family] = &[
    Family { name: "node", title: "Node.js", programs: &["node", "nodejs"], says: PathAndVersion,
        ask: &["-e", "console.log(process.execPath + '\\n' + process.versions.node)"],
        install: "apt install nodejs" },
    Family { name: "python", title: "Python", programs: &["python3", "python"], says: PathAndVersion,
        ask: &["-c", "import sys; print(sys.executable); print('.'.join(map(str, sys.version_info[:3])))"],
        install: "apt install python3" },
    Family { name: "php", title: "PHP", programs: &["php"], says: PathAndVersion,
        ask: &["-r", "echo PHP_BINARY, PHP_EOL, PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION, '.', PHP_RELEASE_VERSION, PHP_EOL;"],
        install: "apt install php-cli" },
    Family { name: "ruby", title: "Ruby", programs: &["ruby"], says: PathAndVersion,
        ask: &["-e", "puts RbConfig.ruby, RUBY_VERSION"],
        install: "apt install ruby" },
    Family { name: "deno", title: "Deno", programs: &["deno"], says: PathAndVersion,
        ask: &["eval", "console.log(Deno.execPath() + '\\n' + Deno.version.deno)"],
        install: "npm install --global deno" },
    Family { name: "bun", title: "Bun", programs: &["bun"], says: PathAndVersion,
        ask: &["-e", "console.log(process.execPath + '\\n' + Bun.version)"],
        install: "npm install --global bun" },
    Family { name: "java", title: "Java", programs: &["java"], says: JavaProperties,
        ask: &["-XshowSettings:properties", "-version"],
        install: "apt install default-jre-headless" },
    Family { name: "go", title: "Go", programs: &["go"], says: HomeAndVersion,
        ask: &["env", "GOROOT", "GOVERSION"],
        install: "apt install golang-go" },
    Family { name: "dart", title: "Dart", programs: &["dart"], says: Version,
        ask: &["--version"],
        install: "brew install dart" },
    Family { name: "dotnet", title: ".NET", programs: &["dotnet"], says: Version,
        ask: &["--list-runtimes"],
        install: "apt install dotnet-runtime-8.0" },
    Family { name: "swift", title: "Swift", programs: &["swift"], says: Version,
        ask: &["--version"],
        install: "brew install swift" },
];

/// The family with that name, as in the ids of runtimes.
pub(crate) fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}

/// The family that a command's bare program name belongs to: `python`, `python3.12`, `nodejs`.
pub(crate) fn family_of_program(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| {
        family
            .programs
            .iter()
            .any(|program| name.strip_prefix(program).is_some_and(is_version_or_empty))
    })
}

/// The version in a program's name, where it has a minor one: `3.12` of `python3.12`.
pub(super) fn version_in_name(name: &str) -> Option<&str> {
    let version = name.trim_start_matches(|character: char| !character.is_ascii_digit());
    version.contains('.').then_some(version)
}

fn is_version_or_empty(suffix: &str) -> bool {
    suffix.is_empty()
        || suffix
            .split('.')
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_version_is_known_and_a_tool_beside_it_is_not() {
        let family = |name| family_of_program(name).map(|family| family.name);
        for (name, expected) in [
            ("python3.12", "python"),
            ("python", "python"),
            ("php8.2", "php"),
            ("ruby3.1", "ruby"),
            ("nodejs", "node"),
        ] {
            assert_eq!(family(name), Some(expected));
        }
        for name in [
            "python3-config",
            "npm",
            "phpize8.2",
            "php-cgi",
            "ruby3.",
            "nodes",
            "sh",
            "./php",
        ] {
            assert_eq!(family(name), None, "{name}");
        }
        assert_eq!(version_in_name("python3.12"), Some("3.12"));
        assert_eq!(version_in_name("python3"), None);
    }

    #[test]
    fn every_family_is_one_of_the_runtimes_a_function_can_declare() {
        for family in FAMILIES {
            let declared =
                drydock_core::runtime::Runtime::all().any(|runtime| runtime.family() == family.name);
            // Swift's images exist for one architecture only.
            assert!(declared || cfg!(not(target_arch = "x86_64")), "{}", family.name);
        }
    }
}
