use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use crate::Outcome;

/// Options that have no value.
const FLAGS: [&str; 10] = [
    "chacha20",
    "connection-per-file",
    "datagrams",
    "early-data",
    "key-update",
    "multipath",
    "patient",
    "post-quantum",
    "resume",
    "retry",
];

/// What a program is asked to do: `serve` or `get`, then `--name value`, `--flag`, and the names of files.
pub struct Arguments {
    pub verb: String,
    named: HashMap<String, String>,
    files: Vec<String>,
}

impl Arguments {
    pub fn parse() -> Self {
        let mut arguments = std::env::args().skip(1);
        let verb = arguments.next().unwrap_or_default();
        let mut named = HashMap::new();
        let mut files = Vec::new();
        while let Some(argument) = arguments.next() {
            match argument.strip_prefix("--") {
                Some(name) if FLAGS.contains(&name) => drop(named.insert(name.to_string(), String::new())),
                Some(name) => drop(named.insert(name.to_string(), arguments.next().unwrap_or_default())),
                None => files.push(argument),
            }
        }
        Arguments { verb, named, files }
    }

    /// The value of an option that must be there.
    pub fn text(&self, name: &str) -> Outcome<&str> {
        Ok(self.named.get(name).ok_or(format!("--{name} is missing"))?)
    }

    pub fn address(&self, name: &str) -> Outcome<SocketAddr> {
        Ok(self.text(name)?.parse()?)
    }

    /// Any port of the loopback address from which a client reaches its server; of every address where it uses two.
    pub fn local_address(&self) -> Outcome<SocketAddr> {
        if self.has("second-path") {
            return Ok((Ipv4Addr::UNSPECIFIED, 0).into());
        }
        let is_ipv6 = self.address("server")?.is_ipv6();
        let host: IpAddr = if is_ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        Ok((host, 0).into())
    }

    pub fn path(&self, name: &str) -> Outcome<&Path> {
        Ok(Path::new(self.text(name)?))
    }

    pub fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// The files of each connection in turn: those that resume have the first file apart.
    pub fn visits(&self) -> Vec<&[String]> {
        if self.has("connection-per-file") {
            return self.files.chunks(1).collect();
        }
        if self.has("resume") && self.files.len() > 1 {
            return vec![&self.files[..1], &self.files[1..]];
        }
        vec![&self.files]
    }
}
