use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;

use bench::{requested_file, Arguments, Outcome};
use quiche::{Config, Connection, ConnectionId, Header, Type};

use crate::config;
use crate::link::{deliver, flush, log_keys, offer_ids, random_id, receive, DATAGRAM, ID_LENGTH};

/// What came on a stream, and what is to go out on it.
#[derive(Default)]
struct Exchange {
    request: Vec<u8>,
    response: Option<Vec<u8>>,
    sent: usize,
}

struct Client {
    connection: Connection,
    exchanges: HashMap<u64, Exchange>,
}

struct Server<'a> {
    socket: UdpSocket,
    config: Config,
    root: &'a Path,
    retries: bool,
    clients: Vec<Client>,
    /// The place of a client in the list, by connection ID; no place is given twice.
    places: HashMap<ConnectionId<'static>, usize>,
}

pub fn serve(arguments: &Arguments) -> Outcome<()> {
    let mut config = config(arguments, quiche::PROTOCOL_VERSION)?;
    config.load_cert_chain_from_pem_file(arguments.text("cert")?)?;
    config.load_priv_key_from_pem_file(arguments.text("key")?)?;
    let mut server = Server {
        socket: UdpSocket::bind(arguments.address("listen")?)?,
        config,
        root: arguments.path("root")?,
        retries: arguments.has("retry"),
        clients: Vec::new(),
        places: HashMap::new(),
    };
    println!("listening on {}", server.socket.local_addr()?);
    let mut buffer = vec![0; DATAGRAM];
    loop {
        server.turn(&mut buffer)?;
    }
}

impl Server<'_> {
    /// Waits for a datagram or a timer, and sends what follows from it.
    fn turn(&mut self, buffer: &mut [u8]) -> Outcome<()> {
        let patience = self.clients.iter().filter_map(|client| client.connection.timeout()).min();
        if let Some((length, from)) = receive(&self.socket, buffer, patience)? {
            self.on_datagram(&mut buffer[..length], from)?;
        }
        for (place, client) in self.clients.iter_mut().enumerate() {
            if client.connection.timeout().is_some_and(|wait| wait.is_zero()) {
                client.connection.on_timeout();
            }
            client.answer(self.root, buffer);
            offer_ids(&mut client.connection, |id| _ = self.places.insert(id, place))?;
            flush(&mut client.connection, &self.socket, buffer)?;
        }
        Ok(())
    }

    fn on_datagram(&mut self, datagram: &mut [u8], from: SocketAddr) -> Outcome<()> {
        let Ok(header) = Header::from_slice(datagram, ID_LENGTH) else { return Ok(()) };
        let place = match self.places.get(&header.dcid) {
            Some(place) => Some(*place),
            None => self.on_stranger(&header, from)?,
        };
        if let Some(place) = place {
            let connection = &mut self.clients[place].connection;
            deliver(connection, datagram, from, self.socket.local_addr()?);
            // quiche gives up a connection whose first packet it cannot decrypt; that packet's IDs are free for the next one.
            if connection.is_closed() {
                self.places.retain(|_, taken| *taken != place);
            }
        }
        Ok(())
    }

    /// Makes a connection, or answers without one, or does neither.
    fn on_stranger(&mut self, header: &Header, from: SocketAddr) -> Outcome<Option<usize>> {
        let mut out = [0; 1200];
        if header.ty == Type::Short {
            return Ok(None);
        }
        if !quiche::version_is_supported(header.version) {
            let length = quiche::negotiate_version(&header.scid, &header.dcid, &mut out)?;
            self.socket.send_to(&out[..length], from)?;
            return Ok(None);
        }
        if header.ty != Type::Initial {
            return Ok(None);
        }
        let token = header.token.as_deref().unwrap_or_default();
        if self.retries && token.is_empty() {
            let token = retry_token(from, &header.dcid);
            let id = random_id()?;
            let length = quiche::retry(&header.scid, &header.dcid, &id, &token, header.version, &mut out)?;
            self.socket.send_to(&out[..length], from)?;
            return Ok(None);
        }
        let original = if self.retries { original_id(from, token) } else { None };
        let id = if self.retries { header.dcid.clone() } else { random_id()? };
        if self.retries && original.is_none() {
            return Ok(None);
        }
        let local = self.socket.local_addr()?;
        let mut connection = quiche::accept(&id, original.as_ref(), local, from, &mut self.config)?;
        log_keys(&mut connection)?;
        let place = self.clients.len();
        self.places.insert(header.dcid.clone().into_owned(), place);
        self.places.insert(id.into_owned(), place);
        self.clients.push(Client { connection, exchanges: HashMap::new() });
        Ok(Some(place))
    }
}

/// A token that names the client's address and its first destination connection ID. It proves the address to a bench
/// that forges none.
fn retry_token(from: SocketAddr, original: &[u8]) -> Vec<u8> {
    [from.to_string().as_bytes(), b" ", original].concat()
}

fn original_id(from: SocketAddr, token: &[u8]) -> Option<ConnectionId<'static>> {
    let address = [from.to_string().as_bytes(), b" "].concat();
    token.strip_prefix(address.as_slice()).map(|id| ConnectionId::from_vec(id.to_vec()))
}

impl Client {
    /// Reads requests and datagrams, and writes what they ask for.
    fn answer(&mut self, root: &Path, buffer: &mut [u8]) {
        let connection = &mut self.connection;
        while let Ok(length) = connection.dgram_recv(buffer) {
            connection.dgram_send(&buffer[..length]).ok();
        }
        for stream in connection.readable() {
            let exchange = self.exchanges.entry(stream).or_default();
            while let Ok((length, is_whole)) = connection.stream_recv(stream, buffer) {
                exchange.request.extend_from_slice(&buffer[..length]);
                if is_whole {
                    exchange.response = requested_file(root, &exchange.request)
                        .and_then(|file| Ok(std::fs::read(file)?))
                        .map_err(|error| eprintln!("stream: {error}"))
                        .ok();
                }
            }
        }
        self.exchanges.retain(|stream, exchange| {
            let Some(response) = &exchange.response else { return true };
            match connection.stream_send(*stream, &response[exchange.sent..], true) {
                Ok(length) => exchange.sent += length,
                Err(quiche::Error::Done) => {}
                Err(_) => return false,
            }
            exchange.sent < response.len()
        });
    }
}
