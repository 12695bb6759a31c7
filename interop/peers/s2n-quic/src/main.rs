//! HTTP/0.9 over s2n-quic, as a server and as a client, for the interop bench.

mod client;
mod datagrams;
mod resumption;
mod server;

use std::time::Duration;

use bench::{Arguments, Outcome};
use s2n_quic::provider::limits::Limits;
use s2n_quic::stream::BidirectionalStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    match arguments.verb.as_str() {
        "serve" => server::serve(&arguments).await,
        "get" => client::get(&arguments).await,
        _ => Err("serve or get".into()),
    }
}

/// Who only listens is not found again after a change of its address.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// How long a handshake may take, and how long a connection waits for a network that loses a third of its datagrams.
fn limits(arguments: &Arguments) -> Outcome<Limits> {
    let seconds = Duration::from_secs(if arguments.has("patient") { 180 } else { 20 });
    let limits = Limits::new().with_max_handshake_duration(seconds)?.with_max_idle_timeout(seconds)?;
    Ok(limits.with_max_keep_alive_period(PING_INTERVAL)?)
}

async fn read_to_end(stream: &mut BidirectionalStream) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.receive().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
