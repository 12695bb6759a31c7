//! The public runner's cases of WebTransport over web-transport-quinn, for the interop bench.

mod answers;
mod part;
mod requests;

use std::sync::Arc;

use bench::{tls, Arguments, Outcome};
use part::Part;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use web_transport_quinn::proto::{ConnectRequest, ConnectResponse};
use url::Url;
use web_transport_quinn::{Client, Request, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    match arguments.verb.as_str() {
        "serve" => serve(&arguments).await,
        "join" => join(&arguments).await,
        _ => Err("serve or join".into()),
    }
}

async fn serve(arguments: &Arguments) -> Outcome<()> {
    let crypto = QuicServerConfig::try_from(tls::server(arguments)?)?;
    let config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    let endpoint = quinn::Endpoint::server(config, arguments.address("listen")?)?;
    println!("listening on {}", endpoint.local_addr()?);
    let mut server = Server::new(endpoint);
    let part = Arc::new(Part::from(arguments)?);
    while let Some(request) = server.accept().await {
        let part = part.clone();
        tokio::spawn(async move {
            if let Err(error) = answer(request, &part).await {
                eprintln!("session ended: {error}");
            }
        });
    }
    Ok(())
}

async fn answer(request: Request, part: &Arc<Part>) -> Outcome<()> {
    let agreed = request.protocols.iter().find(|one| part.protocols.contains(one)).cloned();
    let response = match agreed {
        Some(protocol) => ConnectResponse::OK.with_protocol(protocol),
        None => ConnectResponse::OK,
    };
    let session = request.respond(response).await?;
    part.play(&session).await?;
    if part.asks() {
        session.close(0, b"");
    }
    session.closed().await;
    Ok(())
}

async fn join(arguments: &Arguments) -> Outcome<()> {
    let part = Arc::new(Part::from(arguments)?);
    let crypto = QuicClientConfig::try_from(tls::client(arguments)?)?;
    let config = quinn::ClientConfig::new(Arc::new(crypto));
    let endpoint = quinn::Endpoint::client(arguments.local_address()?)?;
    let url = format!("https://{}/{}", arguments.text("server")?, part.endpoint);
    let request = ConnectRequest::new(url.parse::<Url>()?).with_protocols(part.protocols.clone());
    let session = Client::new(endpoint.clone(), config).connect(request).await?;
    part.play(&session).await?;
    session.close(0, b"");
    session.closed().await;
    endpoint.wait_idle().await;
    Ok(())
}
