use std::path::{Path, PathBuf};

use bench::{requested_file, tls, Arguments, Outcome};
use bytes::Bytes;
use s2n_quic::provider::endpoint_limits::{ConnectionAttempt, Limiter, Outcome as Admission};
use s2n_quic::provider::tls::{rustls as s2n_rustls, Provider};
use s2n_quic::stream::BidirectionalStream;
use s2n_quic::{Connection, Server};

use crate::{datagrams, limits, read_to_end, resumption};

/// Answers every first Initial with a Retry, or none.
struct Gate {
    retries: bool,
}

impl Limiter for Gate {
    fn on_connection_attempt(&mut self, _attempt: &ConnectionAttempt) -> Admission {
        if self.retries {
            Admission::retry()
        } else {
            Admission::allow()
        }
    }
}

pub async fn serve(arguments: &Arguments) -> Outcome<()> {
    let mut server = if arguments.has("resume") {
        start(arguments, resumption::server(arguments)?)?
    } else {
        start(arguments, s2n_rustls::Server::from(tls::server(arguments)?))?
    };
    println!("listening on {}", server.local_addr()?);
    while let Some(connection) = server.accept().await {
        tokio::spawn(serve_connection(connection, arguments.path("root")?.to_path_buf()));
    }
    Ok(())
}

fn start(arguments: &Arguments, tls: impl Provider) -> Outcome<Server> {
    Ok(Server::builder()
        .with_tls(tls)?
        .with_io(arguments.address("listen")?)?
        .with_limits(limits(arguments)?)?
        .with_endpoint_limits(Gate { retries: arguments.has("retry") })?
        .with_datagram(datagrams::endpoint()?)?
        .start()?)
}

async fn serve_connection(mut connection: Connection, root: PathBuf) {
    let echo = connection.handle();
    tokio::spawn(async move {
        while let Ok(datagram) = datagrams::receive(&echo).await {
            let _ = datagrams::send(&echo, datagram);
        }
    });
    while let Ok(Some(stream)) = connection.accept_bidirectional_stream().await {
        let root = root.clone();
        tokio::spawn(async move {
            if let Err(error) = answer(stream, &root).await {
                eprintln!("stream: {error}");
            }
        });
    }
}

async fn answer(mut stream: BidirectionalStream, root: &Path) -> Outcome<()> {
    let request = read_to_end(&mut stream).await?;
    stream.send(Bytes::from(tokio::fs::read(requested_file(root, &request)?).await?)).await?;
    stream.close().await?;
    Ok(())
}
