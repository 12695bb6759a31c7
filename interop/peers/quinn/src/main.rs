//! HTTP/0.9 over quinn, as a server and as a client, for the interop bench.

mod client;
#[cfg(feature = "multipath")]
mod paths;
mod server;

use std::time::Duration;

use bench::{Arguments, Outcome};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    match arguments.verb.as_str() {
        "serve" => server::serve(&arguments).await,
        "get" => client::get(&arguments).await,
        _ => Err("serve or get".into()),
    }
}

/// How long a connection waits for a network that loses a third of its datagrams.
const PATIENCE: Duration = Duration::from_secs(180);

fn transport(arguments: &Arguments) -> Outcome<quinn::TransportConfig> {
    let mut transport = quinn::TransportConfig::default();
    transport.max_concurrent_bidi_streams(100u32.into());
    if arguments.has("patient") {
        transport.max_idle_timeout(Some(PATIENCE.try_into()?));
    }
    #[cfg(feature = "multipath")]
    if arguments.has("multipath") {
        transport.max_concurrent_multipath_paths(4);
    }
    Ok(transport)
}
