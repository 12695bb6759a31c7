use std::path::Path;
use std::sync::Arc;

use bench::{requested_file, tls, Arguments, Outcome};
use quinn::crypto::rustls::QuicServerConfig;

use crate::transport;

pub async fn serve(arguments: &Arguments) -> Outcome<()> {
    let mut tls = tls::server(arguments)?;
    tls.max_early_data_size = u32::MAX;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport(arguments)?));
    if arguments.has("preferred-address") {
        config.preferred_address_v4(Some(arguments.text("preferred-address")?.parse()?));
    }
    let endpoint = quinn::Endpoint::server(config, arguments.address("listen")?)?;
    println!("listening on {}", endpoint.local_addr()?);
    let retries = arguments.has("retry");
    let updates = arguments.has("key-update");
    while let Some(incoming) = endpoint.accept().await {
        if retries && !incoming.remote_address_validated() {
            incoming.retry().map_err(|_| "this address had its Retry")?;
            continue;
        }
        let root = arguments.path("root")?.to_path_buf();
        tokio::spawn(async move {
            if let Err(error) = serve_connection(incoming, &root, updates).await {
                eprintln!("connection: {error}");
            }
        });
    }
    Ok(())
}

async fn serve_connection(incoming: quinn::Incoming, root: &Path, updates: bool) -> Outcome<()> {
    // Streams of 0-RTT come before the handshake is over.
    let connection = match incoming.accept()?.into_0rtt() {
        Ok((connection, _)) => connection,
        Err(connecting) => connecting.await?,
    };
    let echo = connection.clone();
    tokio::spawn(async move {
        while let Ok(datagram) = echo.read_datagram().await {
            let _ = echo.send_datagram(datagram);
        }
    });
    let mut streams = 0;
    while let Ok((send, receive)) = connection.accept_bi().await {
        streams += 1;
        let root = root.to_path_buf();
        let updating = (updates && streams == 1).then(|| connection.clone());
        tokio::spawn(async move {
            if let Err(error) = answer(send, receive, &root, updating).await {
                eprintln!("stream: {error}");
            }
        });
    }
    Ok(())
}

async fn answer(
    mut send: quinn::SendStream,
    mut receive: quinn::RecvStream,
    root: &Path,
    updating: Option<quinn::Connection>,
) -> Outcome<()> {
    let request = receive.read_to_end(4096).await?;
    let bytes = tokio::fs::read(requested_file(root, &request)?).await?;
    let (half, rest) = bytes.split_at(bytes.len() / 2);
    send.write_all(half).await?;
    if let Some(connection) = updating {
        connection.force_key_update();
    }
    send.write_all(rest).await?;
    send.finish()?;
    let _ = send.stopped().await;
    Ok(())
}
