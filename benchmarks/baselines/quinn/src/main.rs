//! The baselines' server and client over quinn: `serve CERT KEY`, or `WORK PORT CA …`. A client connects and warms up, prints
//! `ready`, reads a line, works, prints its result as JSON, and stays until its standard input ends.

use std::io::BufRead;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connection, Endpoint, TransportConfig};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::RootCertStore;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const WARM_BYTES: u64 = 4_000_000;
const WARM_REQUESTS: u64 = 300;
const WARM_HANDSHAKES: u64 = 30;
static ZEROS: [u8; 65_536] = [0; 65_536];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments[0].as_str() {
        "serve" => serve(&arguments[1], &arguments[2]).await,
        _ => client(&arguments).await,
    }
}

fn transport() -> Outcome<Arc<TransportConfig>> {
    let mut transport = TransportConfig::default();
    transport.max_idle_timeout(Some(Duration::from_secs(120).try_into()?));
    transport.max_concurrent_bidi_streams(1000u32.into());
    Ok(Arc::new(transport))
}

async fn serve(cert: &str, key: &str) -> Outcome<()> {
    let chain = CertificateDer::pem_file_iter(cert)?.collect::<Result<_, _>>()?;
    let mut tls = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    tls.alpn_protocols = vec![b"perf".to_vec()];
    tls.max_early_data_size = u32::MAX;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config.transport_config(transport()?);
    let endpoint = Endpoint::server(config, "127.0.0.1:0".parse()?)?;
    println!("listening on {}", endpoint.local_addr()?);
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(async move {
            let connection = match incoming.accept()?.into_0rtt() {
                Ok((connection, _)) => connection,
                Err(connecting) => connecting.await?,
            };
            while let Ok((send, receive)) = connection.accept_bi().await {
                tokio::spawn(answer(send, receive));
            }
            Outcome::Ok(())
        });
    }
    Ok(())
}

/// Reads a whole request, whose first eight bytes ask for so many bytes back.
async fn answer(mut send: quinn::SendStream, mut receive: quinn::RecvStream) -> Outcome<()> {
    let mut head = [0; 8];
    receive.read_exact(&mut head).await?;
    while receive.read_chunk(usize::MAX, true).await?.is_some() {}
    send_zeros(&mut send, u64::from_be_bytes(head)).await
}

async fn send_zeros(send: &mut quinn::SendStream, mut left: u64) -> Outcome<()> {
    while left > 0 {
        let count = left.min(ZEROS.len() as u64) as usize;
        left -= send.write(&ZEROS[..count]).await? as u64;
    }
    send.finish()?;
    Ok(())
}

async fn exchange(connection: &Connection, up: u64, down: u64) -> Outcome<()> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(&down.to_be_bytes()).await?;
    send_zeros(&mut send, up).await?;
    let mut count = 0;
    while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
        count += chunk.bytes.len() as u64;
    }
    if count == down { Ok(()) } else { Err(format!("{count} bytes came instead of {down}").into()) }
}

struct Dialer {
    endpoint: Endpoint,
    address: std::net::SocketAddr,
    early: bool,
}

impl Dialer {
    fn new(port: &str, ca: &str, kind: &str) -> Outcome<Self> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_file_iter(ca)? {
            roots.add(authority?)?;
        }
        let (resumes, early) = (kind == "resumed" || kind == "early", kind == "early");
        let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"perf".to_vec()];
        tls.enable_early_data = early;
        if !resumes {
            tls.resumption = Resumption::disabled();
        }
        let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
        config.transport_config(transport()?);
        let mut endpoint = Endpoint::client("127.0.0.1:0".parse()?)?;
        endpoint.set_default_client_config(config);
        Ok(Self { endpoint, address: format!("127.0.0.1:{port}").parse()?, early })
    }

    async fn open(&self) -> Outcome<Connection> {
        let connecting = self.endpoint.connect(self.address, "localhost")?;
        if !self.early {
            return Ok(connecting.await?);
        }
        match connecting.into_0rtt() {
            Ok((connection, _)) => Ok(connection),
            Err(connecting) => Ok(connecting.await?),
        }
    }
}

async fn client(arguments: &[String]) -> Outcome<()> {
    let [work, port, ca, count, ..] = arguments else { return Err("WORK PORT CA COUNT".into()) };
    let count: u64 = count.parse()?;
    let second = arguments.get(4).map_or("", String::as_str);
    let dialer = Dialer::new(port, ca, second)?;
    let connection = match work.as_str() {
        "handshakes" | "idle" => None,
        _ => Some(dialer.open().await?),
    };
    let mut held = Vec::new();
    perform(work, &dialer, connection.as_ref(), warm_count(work), second, &mut held).await?;
    println!("ready");
    std::io::stdin().lock().lines().next();
    let begun = Instant::now();
    perform(work, &dialer, connection.as_ref(), count, second, &mut held).await?;
    println!("{{\"seconds\":{},\"done\":{count}}}", begun.elapsed().as_secs_f64());
    // Connections are to stay while this waits.
    tokio::task::spawn_blocking(move || std::io::stdin().lock().lines().next()).await?;
    std::process::exit(0);
}

fn warm_count(work: &str) -> u64 {
    let times = std::env::var("BASELINE_WARM").ok().and_then(|words| words.parse().ok()).unwrap_or(1.0);
    let usual = match work {
        "download" | "upload" => WARM_BYTES,
        "requests" => WARM_REQUESTS,
        "handshakes" => WARM_HANDSHAKES,
        _ => 0,
    };
    (usual as f64 * times) as u64
}

async fn perform(
    work: &str,
    dialer: &Dialer,
    connection: Option<&Connection>,
    count: u64,
    second: &str,
    held: &mut Vec<Connection>,
) -> Outcome<()> {
    match (work, connection) {
        ("download", Some(connection)) => exchange(connection, 0, count).await,
        ("upload", Some(connection)) => exchange(connection, count, 0).await,
        ("requests", Some(connection)) => requests(connection, count, second.parse()?).await,
        ("handshakes", _) => handshakes(dialer, count).await,
        ("idle", _) => {
            for _ in 0..count {
                let connection = dialer.open().await?;
                exchange(&connection, 0, 1000).await?;
                held.push(connection);
            }
            Ok(())
        }
        _ => Err(format!("no work {work}").into()),
    }
}

async fn requests(connection: &Connection, count: u64, parallel: usize) -> Outcome<()> {
    let begun = Arc::new(AtomicU64::new(0));
    let mut running = Vec::new();
    for _ in 0..parallel {
        let (connection, begun) = (connection.clone(), begun.clone());
        running.push(tokio::spawn(async move {
            while begun.fetch_add(1, Ordering::Relaxed) < count {
                exchange(&connection, 0, 1024).await?;
            }
            Outcome::Ok(())
        }));
    }
    for one in running {
        one.await??;
    }
    Ok(())
}

async fn handshakes(dialer: &Dialer, count: u64) -> Outcome<()> {
    for _ in 0..count {
        let connection = dialer.open().await?;
        // Its answer comes after the ticket, which the next one may need.
        exchange(&connection, 0, 1).await?;
        connection.close(0u32.into(), b"");
    }
    Ok(())
}
