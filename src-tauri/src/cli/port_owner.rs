//! Which process listens on a port, for `doctor`. Linux tells in /proc; elsewhere nobody is named.

/// Such as `nginx (pid 12)`; `None` when it cannot be told, as of another user's process.
#[cfg(target_os = "linux")]
pub(crate) fn of(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inode = tables
        .iter()
        .find_map(|table| listening_inode(&std::fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let name = process.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let owns = descriptors.flatten().any(|fd| {
            std::fs::read_link(fd.path()).is_ok_and(|target| target.as_os_str() == wanted.as_str())
        });
        if owns {
            let command = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", command.trim()));
        }
    }
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn of(_port: u16) -> Option<String> {
    None
}

/// The inode of the socket that listens on `port`: the second column is ADDRESS:PORT in hexadecimal, the
/// fourth the state (0A listens), the tenth the inode.
#[cfg(target_os = "linux")]
fn listening_inode(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (_, port_hex) = columns.get(1)?.rsplit_once(':')?;
        let listens = *columns.get(3)? == "0A" && u16::from_str_radix(port_hex, 16) == Ok(port);
        listens.then(|| columns.get(9)?.parse().ok()).flatten()
    })
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    #[test]
    fn the_owner_of_a_port_is_this_process_where_it_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = super::of(listener.local_addr().unwrap().port()).unwrap();
        assert!(
            owner.ends_with(&format!("(pid {})", std::process::id())),
            "{owner}"
        );
    }
}
