//! Whether the links of an archive stay inside it.
//!
//! Owns: following each link by the archive's own listing, through other links, from where it will lie.
//! Must not: look at the disk.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::plan::Node;

/// As many links as Linux follows for one name.
const MAX_LINKS: usize = 40;

/// As many steps as a path of 4096 bytes can have; links that multiply each other end here.
const MAX_STEPS: usize = 2048;

/// Checks every link of `nodes`; `target_of` gives the target of a link's entry.
pub(super) fn check<'a>(
    nodes: &HashMap<PathBuf, Node>,
    target_of: impl Fn(usize) -> Option<&'a Path>,
) -> Result<(), (PathBuf, String)> {
    for (path, node) in nodes {
        if let Node::Symlink(number) = *node {
            let target = target_of(number).unwrap_or(Path::new(""));
            follow(nodes, &target_of, path, target).map_err(|reason| (path.clone(), reason.to_owned()))?;
        }
    }
    Ok(())
}

fn follow<'a>(
    nodes: &HashMap<PathBuf, Node>,
    target_of: &impl Fn(usize) -> Option<&'a Path>,
    link: &Path,
    target: &'a Path,
) -> Result<(), &'static str> {
    const LEAVES: &str = "is a link that leaves the folder of the code";
    let mut here = link.parent().unwrap_or(Path::new("")).to_owned();
    // The steps still to go, the next one last. `None` is a step up.
    let mut ahead: Vec<Option<&'a OsStr>> = Vec::new();
    let mut links = 0;
    let mut steps = 0;
    push(&mut ahead, target).ok_or(LEAVES)?;
    while let Some(step) = ahead.pop() {
        steps += 1;
        if steps > MAX_STEPS {
            return Err("is a link through too many folders");
        }
        let Some(name) = step else {
            if !here.pop() {
                return Err(LEAVES);
            }
            continue;
        };
        here.push(name);
        if let Some(Node::Symlink(number)) = nodes.get(&here) {
            links += 1;
            if links > MAX_LINKS {
                return Err("is a link that leads in a circle, or through more than 40 others");
            }
            here.pop();
            push(&mut ahead, target_of(*number).unwrap_or(Path::new(""))).ok_or(LEAVES)?;
        }
    }
    Ok(())
}

/// Puts the steps of `target` in front; `None` for an absolute one.
fn push<'a>(ahead: &mut Vec<Option<&'a OsStr>>, target: &'a Path) -> Option<()> {
    for component in target.components().rev() {
        match component {
            Component::Normal(name) => ahead.push(Some(name)),
            Component::ParentDir => ahead.push(None),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(links: &[(&str, &'static str)]) -> Result<(), String> {
        let nodes = links
            .iter()
            .enumerate()
            .map(|(number, (path, _))| (PathBuf::from(path), Node::Symlink(number)))
            .collect();
        check(&nodes, |number| Some(Path::new(links[number].1)))
            .map_err(|(path, reason)| format!("{} {reason}", path.display()))
    }

    #[test]
    fn links_inside_pass_also_upwards_and_to_nothing() {
        assert_eq!(
            checked(&[
                ("bin/run", "../lib/run.js"),
                ("a", "b"),
                ("here", "."),
                ("deep/er/up", "../..")
            ]),
            Ok(())
        );
    }

    #[test]
    fn links_that_leave_are_refused_however_they_do_it() {
        for target in ["/etc", "..", "../x", "a/../../x", "./.././x"] {
            assert!(
                checked(&[("link", target)]).unwrap_err().contains("leaves"),
                "{target}"
            );
        }
        assert!(checked(&[("a/b/link", "../../..")]).is_err());
    }

    #[test]
    fn a_chain_is_followed_from_where_each_link_lies() {
        // By its words `out` stays inside; through `up` it does not.
        assert!(
            checked(&[("a/b/up", "../.."), ("out", "a/b/up/../x")])
                .unwrap_err()
                .contains("out")
        );
        assert_eq!(checked(&[("a/b/up", "../.."), ("in", "a/b/up/x")]), Ok(()));
    }

    #[test]
    fn circles_and_multiplying_links_end() {
        assert!(checked(&[("a", "b"), ("b", "a")]).unwrap_err().contains("circle"));
        // Three times the next one, seven times over: 2187 links for one name.
        let links = [
            ("l0", "l1/l1/l1"),
            ("l1", "l2/l2/l2"),
            ("l2", "l3/l3/l3"),
            ("l3", "l4/l4/l4"),
            ("l4", "l5/l5/l5"),
            ("l5", "l6/l6/l6"),
            ("l6", "l7/l7/l7"),
            ("l7", "."),
        ];
        assert!(checked(&links).is_err());
    }
}
