use std::time::Duration;

use bench::{request_for, tls, Arguments, Outcome};
use bytes::Bytes;
use s2n_quic::client::Connect;
use s2n_quic::connection::Handle;
use s2n_quic::provider::tls::{rustls as s2n_rustls, Provider};
use s2n_quic::Client;

use crate::{datagrams, limits, read_to_end, resumption};

/// A ticket may come after the file.
const TICKET_WAIT: Duration = Duration::from_millis(200);

pub async fn get(arguments: &Arguments) -> Outcome<()> {
    let server = arguments.address("server")?;
    let mut client = if arguments.has("resume") {
        start(arguments, resumption::client(arguments)?)?
    } else {
        start(arguments, s2n_rustls::Client::from(tls::client(arguments)?))?
    };
    let visits = arguments.visits();
    for (number, names) in visits.iter().enumerate() {
        let connect = Connect::new(server).with_server_name("localhost");
        let (mut handle, _) = client.connect(connect).await?.split();
        handle.keep_alive(true)?;
        fetch_all(&mut handle, names, arguments).await?;
        if arguments.has("datagrams") {
            exchange_datagrams(&handle).await?;
        }
        if arguments.has("resume") && number + 1 < visits.len() {
            tokio::time::sleep(TICKET_WAIT).await;
        }
        handle.close(0u32.into());
    }
    tokio::time::timeout(Duration::from_secs(3), client.wait_idle()).await.ok();
    Ok(())
}

fn start(arguments: &Arguments, tls: impl Provider) -> Outcome<Client> {
    Ok(Client::builder()
        .with_tls(tls)?
        .with_io(arguments.local_address()?)?
        .with_limits(limits(arguments)?)?
        .with_datagram(datagrams::endpoint()?)?
        .start()?)
}

async fn fetch_all(handle: &mut Handle, names: &[String], arguments: &Arguments) -> Outcome<()> {
    let mut fetches = Vec::new();
    for name in names {
        let mut stream = handle.open_bidirectional_stream().await?;
        let (request, file) = (request_for(name), arguments.path("out")?.join(name));
        fetches.push(tokio::spawn(async move {
            stream.send(request.into()).await?;
            stream.finish()?;
            tokio::fs::write(file, read_to_end(&mut stream).await?).await?;
            Outcome::Ok(())
        }));
    }
    for fetch in fetches {
        fetch.await??;
    }
    Ok(())
}

async fn exchange_datagrams(handle: &Handle) -> Outcome<()> {
    for number in 0..20u8 {
        let sent = Bytes::from(vec![number; 100]);
        datagrams::send(handle, sent.clone())?;
        if tokio::time::timeout(Duration::from_secs(5), datagrams::receive(handle)).await?? != sent {
            return Err("another datagram came back".into());
        }
    }
    println!("datagrams came back");
    Ok(())
}
