//! The runtimes a function can declare: the closed list of the contract and those of today.
//!
//! A runtime here is a declaration (id, name, version, image). Which interpreter of the machine serves it
//! is the business of drydock-runtime.

use Architecture::{Arm, Ppc, X86};
use serde::Serialize;

use crate::error::{Error, Result};

/// A processor family, as the contract names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// x86_64.
    X86,
    /// 64-bit PowerPC.
    Ppc,
    /// 64-bit ARM.
    Arm,
}

impl Architecture {
    /// The family this program was built for; `None` for one the contract does not know.
    pub const fn of_this_machine() -> Option<Self> {
        if cfg!(target_arch = "x86_64") {
            Some(X86)
        } else if cfg!(target_arch = "aarch64") {
            Some(Arm)
        } else if cfg!(target_arch = "powerpc64") {
            Some(Ppc)
        } else {
            None
        }
    }
}

/// A runtime that a function can declare.
#[derive(Debug, PartialEq, Eq)]
pub struct Runtime {
    /// Such as `node-16.0`.
    pub id: &'static str,
    /// Such as `Node.js`; what a function reads as APPWRITE_FUNCTION_RUNTIME_NAME.
    pub name: &'static str,
    /// Such as `16.0`; what a function reads as APPWRITE_FUNCTION_RUNTIME_VERSION.
    pub version: &'static str,
    /// The image it was made from.
    pub base: &'static str,
    /// The image it runs in.
    pub image: &'static str,
    /// File name of its logo.
    pub logo: &'static str,
    /// Where it runs.
    pub supports: &'static [Architecture],
}

impl Runtime {
    /// The declared runtime of that id.
    ///
    /// # Errors
    /// `InvalidParam` when it is not in the list for this machine.
    pub fn parse(param: &'static str, id: &str) -> Result<&'static Self> {
        Self::all().find(|runtime| runtime.id == id).ok_or_else(|| {
            Error::invalid(
                param,
                format!("'{id}' is not a runtime; GET /v1/functions/runtimes lists them"),
            )
        })
    }

    /// Every runtime of this machine's architecture, in the order of the list.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        let here = Architecture::of_this_machine();
        // On an architecture that the contract does not know all are shown: the process backend cares not.
        RUNTIMES
            .iter()
            .filter(move |runtime| here.is_none_or(|here| runtime.supports.contains(&here)))
    }

    /// The language family: the id without its version, such as `node`.
    pub fn family(&self) -> &'static str {
        self.id.split_once('-').map_or(self.id, |(family, _)| family)
    }
}

const fn row(
    id: &'static str,
    name: &'static str,
    version: &'static str,
    base: &'static str,
    image: &'static str,
    logo: &'static str,
    supports: &'static [Architecture],
) -> Runtime {
    Runtime {
        id,
        name,
        version,
        base,
        image,
        logo,
        supports,
    }
}

#[rustfmt::skip]
static RUNTIMES: &[Runtime] = &[
    // The list of Appwrite 0.12.
    row("node-14.5", "Node.js", "14.5", "node:14.5-alpine", "appwrite/runtime-for-node:14.5", "node.png", &[X86, Ppc, Arm]),
    row("node-15.5", "Node.js", "15.5", "node:15.5-alpine", "appwrite/runtime-for-node:15.5", "node.png", &[X86, Ppc, Arm]),
    row("node-16.0", "Node.js", "16.0", "node:16-alpine", "appwrite/runtime-for-node:16.0", "node.png", &[X86, Ppc, Arm]),
    row("node-17.0", "Node.js", "17.0", "node:17-alpine", "appwrite/runtime-for-node:17.0", "node.png", &[X86, Ppc, Arm]),
    row("php-7.4", "PHP", "7.4", "php:7.4-cli-alpine", "appwrite/runtime-for-php:7.4", "php.png", &[X86, Ppc, Arm]),
    row("php-8.0", "PHP", "8.0", "php:8.0-cli-alpine", "appwrite/runtime-for-php:8.0", "php.png", &[X86, Ppc, Arm]),
    row("php-8.1", "PHP", "8.1", "php:8.1-cli-alpine", "appwrite/runtime-for-php:8.1", "php.png", &[X86, Ppc, Arm]),
    row("ruby-2.7", "Ruby", "2.7", "ruby:2.7-alpine", "appwrite/runtime-for-ruby:2.7", "ruby.png", &[X86, Ppc, Arm]),
    row("ruby-3.0", "Ruby", "3.0", "ruby:3.0-alpine", "appwrite/runtime-for-ruby:3.0", "ruby.png", &[X86, Ppc, Arm]),
    row("python-3.8", "Python", "3.8", "python:3.8-alpine", "appwrite/runtime-for-python:3.8", "python.png", &[X86, Ppc, Arm]),
    row("python-3.9", "Python", "3.9", "python:3.9-alpine", "appwrite/runtime-for-python:3.9", "python.png", &[X86, Ppc, Arm]),
    row("python-3.10", "Python", "3.10", "python:3.10-alpine", "appwrite/runtime-for-python:3.10", "python.png", &[X86, Arm]),
    row("deno-1.8", "Deno", "1.8", "hayd/deno:alpine-1.8.3", "appwrite/runtime-for-deno:1.8", "deno.png", &[X86]),
    row("deno-1.10", "Deno", "1.10", "denoland/deno:alpine-1.10.3", "appwrite/runtime-for-deno:1.10", "deno.png", &[X86]),
    row("deno-1.11", "Deno", "1.11", "denoland/deno:alpine-1.11.5", "appwrite/runtime-for-deno:1.11", "deno.png", &[X86]),
    row("deno-1.12", "Deno", "1.12", "denoland/deno:alpine-1.12.2", "appwrite/runtime-for-deno:1.12", "deno.png", &[X86]),
    row("deno-1.13", "Deno", "1.13", "denoland/deno:alpine-1.13.2", "appwrite/runtime-for-deno:1.13", "deno.png", &[X86]),
    row("deno-1.14", "Deno", "1.14", "denoland/deno:alpine-1.14.3", "appwrite/runtime-for-deno:1.14", "deno.png", &[X86]),
    row("dart-2.10", "Dart", "2.10", "google/dart:2.10", "appwrite/runtime-for-dart:2.10", "dart.png", &[X86]),
    row("dart-2.12", "Dart", "2.12", "dart:2.12", "appwrite/runtime-for-dart:2.12", "dart.png", &[X86]),
    row("dart-2.13", "Dart", "2.13", "dart:2.13", "appwrite/runtime-for-dart:2.13", "dart.png", &[X86]),
    row("dart-2.14", "Dart", "2.14", "dart:2.14", "appwrite/runtime-for-dart:2.14", "dart.png", &[X86, Arm]),
    row("dotnet-3.1", ".NET", "3.1", "mcr.microsoft.com/dotnet/runtime:3.1-alpine", "appwrite/runtime-for-dotnet:3.1", "dotnet.png", &[X86]),
    row("dotnet-5.0", ".NET", "5.0", "mcr.microsoft.com/dotnet/runtime:5.0-alpine", "appwrite/runtime-for-dotnet:5.0", "dotnet.png", &[X86, Arm]),
    row("java-11.0", "Java", "11.0", "openjdk/11-jre", "appwrite/runtime-for-java:11.0", "java.png", &[X86]),
    row("java-16.0", "Java", "16.0", "openjdk/16-jdk-alpine", "appwrite/runtime-for-java:16.0", "java.png", &[X86]),
    row("java-17.0", "Java", "17.0", "openjdk/17-jdk-alpine", "appwrite/runtime-for-java:17.0", "java.png", &[X86]),
    row("swift-5.5", "Swift", "5.5", "swift:5.5-slim", "appwrite/runtime-for-swift:5.5", "swift.png", &[X86]),
    // What people have installed today.
    row("node-18.0", "Node.js", "18.0", "node:18-alpine", "node:18-alpine", "node.png", &[X86, Arm]),
    row("node-20.0", "Node.js", "20.0", "node:20-alpine", "node:20-alpine", "node.png", &[X86, Arm]),
    row("node-22.0", "Node.js", "22.0", "node:22-alpine", "node:22-alpine", "node.png", &[X86, Arm]),
    row("python-3.11", "Python", "3.11", "python:3.11-alpine", "python:3.11-alpine", "python.png", &[X86, Arm]),
    row("python-3.12", "Python", "3.12", "python:3.12-alpine", "python:3.12-alpine", "python.png", &[X86, Arm]),
    row("python-3.13", "Python", "3.13", "python:3.13-alpine", "python:3.13-alpine", "python.png", &[X86, Arm]),
    row("php-8.2", "PHP", "8.2", "php:8.2-cli-alpine", "php:8.2-cli-alpine", "php.png", &[X86, Arm]),
    row("php-8.3", "PHP", "8.3", "php:8.3-cli-alpine", "php:8.3-cli-alpine", "php.png", &[X86, Arm]),
    row("ruby-3.1", "Ruby", "3.1", "ruby:3.1-alpine", "ruby:3.1-alpine", "ruby.png", &[X86, Arm]),
    row("ruby-3.2", "Ruby", "3.2", "ruby:3.2-alpine", "ruby:3.2-alpine", "ruby.png", &[X86, Arm]),
    row("ruby-3.3", "Ruby", "3.3", "ruby:3.3-alpine", "ruby:3.3-alpine", "ruby.png", &[X86, Arm]),
    row("deno-1.40", "Deno", "1.40", "denoland/deno:alpine-1.40.5", "denoland/deno:alpine-1.40.5", "deno.png", &[X86, Arm]),
    row("deno-2.0", "Deno", "2.0", "denoland/deno:alpine-2.0.6", "denoland/deno:alpine-2.0.6", "deno.png", &[X86, Arm]),
    row("bun-1.0", "Bun", "1.0", "oven/bun:1.0-alpine", "oven/bun:1.0-alpine", "bun.png", &[X86, Arm]),
    row("bun-1.1", "Bun", "1.1", "oven/bun:1.1-alpine", "oven/bun:1.1-alpine", "bun.png", &[X86, Arm]),
    row("dart-3.0", "Dart", "3.0", "dart:3.0", "dart:3.0", "dart.png", &[X86, Arm]),
    row("go-1.23", "Go", "1.23", "golang:1.23-alpine", "golang:1.23-alpine", "go.png", &[X86, Arm]),
    row("java-21.0", "Java", "21.0", "eclipse-temurin:21-jre-alpine", "eclipse-temurin:21-jre-alpine", "java.png", &[X86, Arm]),
    row("dotnet-8.0", ".NET", "8.0", "mcr.microsoft.com/dotnet/runtime:8.0-alpine", "mcr.microsoft.com/dotnet/runtime:8.0-alpine", "dotnet.png", &[X86, Arm]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_made_of_family_and_version() {
        for (at, runtime) in RUNTIMES.iter().enumerate() {
            assert_eq!(runtime.id, format!("{}-{}", runtime.family(), runtime.version));
            assert!(
                RUNTIMES[..at].iter().all(|earlier| earlier.id != runtime.id),
                "{} twice",
                runtime.id
            );
        }
    }

    #[test]
    fn an_unknown_runtime_is_refused_by_name() {
        let refused = Runtime::parse("runtime", "cobol-85").map(|runtime| runtime.id);
        assert!(refused.is_err_and(|error| error.to_string().contains("cobol-85")));
    }
}
