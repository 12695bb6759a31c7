use std::path::{Path, PathBuf};

use crate::Outcome;

/// The whole request for a file, after which the client's side of the stream ends.
pub fn request_for(name: &str) -> Vec<u8> {
    format!("GET /{name}\r\n").into_bytes()
}

/// The file below `root` that a whole request names.
pub fn requested_file(root: &Path, request: &[u8]) -> Outcome<PathBuf> {
    let line = std::str::from_utf8(request)?;
    let name = line.strip_prefix("GET /").ok_or("not a GET")?.trim_end();
    if name.contains("..") {
        return Err("a path outside of the root".into());
    }
    Ok(root.join(name))
}
