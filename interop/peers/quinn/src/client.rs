use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use bench::{request_for, tls, Arguments, Outcome};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, Endpoint};
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;

use crate::transport;

/// A ticket may come after the file.
const TICKET_WAIT: Duration = Duration::from_millis(200);

/// Who only listens is not found again after a change of its address.
const PING_INTERVAL: Duration = Duration::from_secs(1);

pub async fn get(arguments: &Arguments) -> Outcome<()> {
    let config = config(arguments)?;
    let server = arguments.address("server")?;
    let endpoint = Endpoint::client(arguments.local_address()?)?;
    let visits = arguments.visits();
    for (number, names) in visits.iter().enumerate() {
        let is_last = number + 1 == visits.len();
        let connecting = endpoint.connect_with(config.clone(), server, "localhost")?;
        let connection = if arguments.has("early-data") && is_last {
            let (connection, accepted) = connecting.into_0rtt().map_err(|_| "no 0-RTT with this session")?;
            fetch_all(&connection, names, arguments).await?;
            if !accepted.await {
                return Err("0-RTT was rejected".into());
            }
            connection
        } else {
            let connection = connecting.await?;
            visit(&endpoint, &connection, names, arguments).await?;
            connection
        };
        if arguments.has("resume") && !is_last {
            tokio::time::sleep(TICKET_WAIT).await;
        }
        connection.close(0u32.into(), b"");
    }
    tokio::time::timeout(Duration::from_secs(3), endpoint.wait_idle()).await.ok();
    Ok(())
}

fn config(arguments: &Arguments) -> Outcome<quinn::ClientConfig> {
    let mut tls = tls::client(arguments)?;
    tls.enable_early_data = arguments.has("early-data");
    // Initial packets are protected by AES, whatever is offered.
    let initial = TLS13_AES_128_GCM_SHA256.tls13().and_then(|suite| suite.quic_suite());
    let initial = initial.ok_or("no suite for Initial packets")?;
    let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::with_initial(Arc::new(tls), initial)?));
    let mut transport = transport(arguments)?;
    transport.keep_alive_interval(Some(PING_INTERVAL));
    if arguments.has("early-data") {
        // Where few bytes may follow those in 0-RTT packets, probes of the path's MTU are too many.
        transport.mtu_discovery_config(None);
        // noq paces by its guess of the round trip, which would be over before the requests are sent.
        transport.initial_rtt(Duration::from_millis(50));
    }
    config.transport_config(Arc::new(transport));
    Ok(config)
}

async fn visit(
    endpoint: &Endpoint,
    connection: &Connection,
    names: &[String],
    arguments: &Arguments,
) -> Outcome<()> {
    #[cfg(feature = "multipath")]
    if arguments.has("second-path") {
        return visit_by_two(connection, names, arguments).await;
    }
    let (here, there) = names.split_at(if arguments.has("migrate") { 1 } else { 0 });
    if arguments.has("migrate") {
        fetch_all(connection, here, arguments).await?;
        endpoint.rebind(UdpSocket::bind((arguments.text("migrate")?, 0))?)?;
    }
    fetch_all(connection, there, arguments).await?;
    if arguments.has("datagrams") {
        exchange_datagrams(connection).await?;
    }
    Ok(())
}

/// Fetches the files beyond the first by two paths, of which the first is abandoned meanwhile.
#[cfg(feature = "multipath")]
async fn visit_by_two(connection: &Connection, names: &[String], arguments: &Arguments) -> Outcome<()> {
    let (here, there) = names.split_at(1);
    fetch_all(connection, here, arguments).await?;
    crate::paths::open_second(connection, arguments).await?;
    let after = Duration::from_millis(arguments.text("abandon-after")?.parse()?);
    let abandoning = tokio::spawn(crate::paths::abandon_first(connection.clone(), after));
    fetch_all(connection, there, arguments).await?;
    abandoning.await?
}

async fn fetch_all(connection: &Connection, names: &[String], arguments: &Arguments) -> Outcome<()> {
    let mut fetches = Vec::new();
    for name in names {
        let (connection, name, file) = (connection.clone(), name.clone(), arguments.path("out")?.join(name));
        fetches.push(tokio::spawn(async move {
            let (mut send, mut receive) = connection.open_bi().await?;
            send.write_all(&request_for(&name)).await?;
            send.finish()?;
            tokio::fs::write(file, receive.read_to_end(usize::MAX).await?).await?;
            Outcome::Ok(())
        }));
    }
    if arguments.has("key-update") {
        tokio::time::sleep(Duration::from_millis(20)).await;
        connection.force_key_update();
    }
    for fetch in fetches {
        fetch.await??;
    }
    Ok(())
}

async fn exchange_datagrams(connection: &Connection) -> Outcome<()> {
    for number in 0..20u8 {
        let sent = vec![number; 100];
        connection.send_datagram(sent.clone().into())?;
        let echoed = tokio::time::timeout(Duration::from_secs(5), connection.read_datagram()).await??;
        if echoed[..] != sent[..] {
            return Err("another datagram came back".into());
        }
    }
    println!("datagrams came back");
    Ok(())
}
