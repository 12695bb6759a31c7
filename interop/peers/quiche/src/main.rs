//! HTTP/0.9 over quiche, as a server and as a client, for the interop bench.

mod client;
mod link;
mod server;

use bench::{Arguments, Outcome};

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    match arguments.verb.as_str() {
        "serve" => server::serve(&arguments),
        "get" => client::get(&arguments),
        _ => Err("serve or get".into()),
    }
}

/// What both sides are set to.
fn config(arguments: &Arguments, version: u32) -> Outcome<quiche::Config> {
    let mut config = quiche::Config::new(version)?;
    config.set_application_protos(&[arguments.text("alpn")?.as_bytes()])?;
    config.set_max_idle_timeout(if arguments.has("patient") { 180_000 } else { 30_000 });
    config.set_initial_max_data(10_000_000);
    config.set_initial_max_stream_data_bidi_local(1_000_000);
    config.set_initial_max_stream_data_bidi_remote(1_000_000);
    config.set_initial_max_streams_bidi(100);
    // quiche has as many paths at most, and a NAT makes one every five seconds.
    config.set_active_connection_id_limit(16);
    config.enable_dgram(true, 64, 64);
    config.log_keys();
    if arguments.has("post-quantum") {
        config.set_curves_list("X25519MLKEM768:X25519")?;
    }
    if arguments.has("early-data") {
        config.enable_early_data();
    }
    Ok(config)
}
