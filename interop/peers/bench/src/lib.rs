//! What the programs over the Rust peers share: their command line, the requests of HTTP/0.9, and the setting of rustls.

mod arguments;
mod request;
#[cfg(feature = "rustls")]
pub mod tls;

pub use arguments::Arguments;
pub use request::{request_for, requested_file};

/// What a step of a program comes to.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
