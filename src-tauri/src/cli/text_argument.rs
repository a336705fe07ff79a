//! Text that an argument stands for: itself, what is in @FILE, or what comes by stdin.

use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context as _, Result};

use super::UsageError;

/// An argument that is a text.
pub(crate) struct TextArgument {
    /// As it is written.
    pub(crate) flag: &'static str,
    /// What it is, in an error.
    pub(crate) what: &'static str,
    /// Its longest, in characters: said before it is sent.
    pub(crate) most: usize,
}

impl TextArgument {
    /// The text that `argument` stands for.
    ///
    /// # Errors
    /// Where it cannot be read, is too long, or no text.
    pub(crate) fn read(&self, argument: &str) -> Result<String> {
        if argument == "-" {
            return self.read_all("stdin", io::stdin().lock());
        }
        match argument.strip_prefix('@') {
            Some(path) => {
                let file =
                    File::open(path).with_context(|| format!("{} @{path} cannot be read", self.flag))?;
                self.read_all(path, file)
            }
            None => self.checked(argument.to_owned(), self.flag),
        }
    }

    fn read_all(&self, name: &str, from: impl Read) -> Result<String> {
        let mut bytes = Vec::new();
        // A character has four bytes at most. One byte more than can be right, so that a longer one is seen and not cut.
        let most_bytes = self.most as u64 * 4;
        from.take(most_bytes + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("the {} in {name} cannot be read", self.what))?;
        let is_cut = bytes.len() as u64 > most_bytes;
        match String::from_utf8(bytes) {
            Ok(text) => self.checked(text, name),
            Err(_) if is_cut => Err(self.too_long(name)),
            Err(_) => Err(UsageError(format!(
                "the {} in {name} is not UTF-8 text: encode it, as base64 for one",
                self.what
            ))
            .into()),
        }
    }

    fn checked(&self, text: String, name: &str) -> Result<String> {
        if text.chars().count() > self.most {
            Err(self.too_long(name))
        } else {
            Ok(text)
        }
    }

    fn too_long(&self, name: &str) -> anyhow::Error {
        UsageError(format!(
            "the {} in {name} has more than {} characters, the most that the API takes",
            self.what, self.most
        ))
        .into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const DATA: TextArgument = TextArgument {
        flag: "--data",
        what: "data",
        most: 8192,
    };

    #[test]
    fn it_is_text_or_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all("grün\n".as_bytes()).unwrap();
        assert_eq!(DATA.read("{\"a\":1}").unwrap(), "{\"a\":1}");
        let named = format!("@{}", file.path().display());
        assert_eq!(DATA.read(&named).unwrap(), "grün\n");
        let message = DATA.read("@/no/such/file").unwrap_err().to_string();
        assert!(message.contains("/no/such/file"));
    }

    #[test]
    fn what_the_api_cannot_take_is_refused_before_it_is_sent() {
        assert!(DATA.read(&"ü".repeat(8192)).is_ok());
        assert!(DATA.read(&"ü".repeat(8193)).unwrap_err().is::<UsageError>());
        let message = DATA.read_all("stdin", io::repeat(b'a')).unwrap_err().to_string();
        assert!(message.contains("8192"), "{message}");
        let message = DATA.read_all("stdin", &[0xff, 0xfe][..]).unwrap_err().to_string();
        assert!(message.contains("UTF-8"), "{message}");
    }
}
