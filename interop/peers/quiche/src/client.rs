use std::collections::HashMap;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use bench::{request_for, Arguments, Outcome};
use quiche::{Config, Connection, Error};

use crate::config;
use crate::link::{deliver, flush, log_keys, offer_ids, random_id, receive, DATAGRAM};

/// A ticket may come after the file.
const TICKET_WAIT: Duration = Duration::from_millis(500);

/// Who only listens is not found again after a change of its address.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// `ssl_early_data_accepted` of BoringSSL.
const ACCEPTED: u32 = 2;

pub fn get(arguments: &Arguments) -> Outcome<()> {
    let version = match arguments.text("version") {
        Ok(version) => u32::from_str_radix(version, 16)?,
        Err(_) => quiche::PROTOCOL_VERSION,
    };
    let mut config = config(arguments, version)?;
    config.load_verify_locations_from_file(arguments.text("ca")?)?;
    config.verify_peer(true);
    let mut session = None;
    let visits = arguments.visits();
    for (number, names) in visits.iter().enumerate() {
        let is_last = number + 1 == visits.len();
        let mut visit = Visit::open(arguments, &mut config, session.as_deref())?;
        if arguments.has("migrate") {
            visit.fetch(&names[..1])?;
            visit.migrate()?;
            visit.fetch(&names[1..])?;
        } else {
            visit.fetch(names)?;
        }
        if arguments.has("datagrams") {
            visit.exchange_datagrams()?;
        }
        if arguments.has("early-data") && is_last && visit.connection.early_data_reason() != ACCEPTED {
            return Err("0-RTT was rejected".into());
        }
        if arguments.has("resume") && !is_last {
            session = Some(visit.session()?);
        }
        visit.close()?;
    }
    Ok(())
}

/// One connection, and the socket that it is at.
struct Visit<'a> {
    arguments: &'a Arguments,
    connection: Connection,
    socket: UdpSocket,
    buffer: Vec<u8>,
    /// What has not left yet of the request of each stream.
    requests: HashMap<u64, Vec<u8>>,
    /// What has come of the file of each stream.
    bodies: HashMap<u64, (String, Vec<u8>)>,
    next_stream: u64,
}

impl<'a> Visit<'a> {
    fn open(arguments: &'a Arguments, config: &mut Config, session: Option<&[u8]>) -> Outcome<Self> {
        let server = arguments.address("server")?;
        let socket = UdpSocket::bind(arguments.local_address()?)?;
        let local = socket.local_addr()?;
        let mut connection = quiche::connect(Some("localhost"), &random_id()?, local, server, config)?;
        log_keys(&mut connection)?;
        if let Some(session) = session {
            connection.set_session(session)?;
        }
        let buffer = vec![0; DATAGRAM];
        let (requests, bodies) = (HashMap::new(), HashMap::new());
        let mut visit = Visit { arguments, connection, socket, buffer, requests, bodies, next_stream: 0 };
        // The first flight tells whether early data can follow.
        flush(&mut visit.connection, &visit.socket, &mut visit.buffer)?;
        if !visit.connection.is_in_early_data() {
            visit.turn_until("the handshake", |visit| visit.connection.is_established())?;
        }
        Ok(visit)
    }

    /// Asks for files, as many at once as the server lets it, and waits for the last of them.
    fn fetch(&mut self, names: &[String]) -> Outcome<()> {
        let mut waiting = names.iter();
        self.turn_until("the files", |visit| {
            while visit.connection.peer_streams_left_bidi() > 0 {
                let Some(name) = waiting.next() else { break };
                visit.request(name);
            }
            visit.bodies.is_empty() && waiting.len() == 0
        })
    }

    fn request(&mut self, name: &str) {
        let stream = self.next_stream;
        self.next_stream += 4;
        self.bodies.insert(stream, (name.to_string(), Vec::new()));
        self.requests.insert(stream, request_for(name));
        self.send_requests();
    }

    /// Writes as much of the requests as the connection takes now: flow control and congestion control may hold them back.
    fn send_requests(&mut self) {
        let connection = &mut self.connection;
        self.requests.retain(|stream, rest| match connection.stream_send(*stream, rest, true) {
            Ok(length) => {
                rest.drain(..length);
                !rest.is_empty()
            }
            Err(Error::Done) => true,
            Err(error) => {
                eprintln!("stream {stream}: {error}");
                false
            }
        });
    }

    /// Takes part until `done` says so, which is asked whenever something may have changed.
    fn turn_until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) -> Outcome<()> {
        while !done(self) {
            if self.connection.is_closed() {
                let (theirs, ours) = (self.connection.peer_error(), self.connection.local_error());
                return Err(format!("error: closed before {what} came: peer {theirs:?}, local {ours:?}").into());
            }
            self.turn()?;
        }
        Ok(())
    }

    /// Sends what there is to send, waits for a datagram or a timer, and reads what came.
    fn turn(&mut self) -> Outcome<()> {
        self.send_requests();
        flush(&mut self.connection, &self.socket, &mut self.buffer)?;
        let patience = self.connection.timeout().unwrap_or(PING_INTERVAL).min(PING_INTERVAL);
        match receive(&self.socket, &mut self.buffer, Some(patience))? {
            Some((length, from)) => {
                let local = self.socket.local_addr()?;
                deliver(&mut self.connection, &mut self.buffer[..length], from, local);
            }
            None if self.connection.timeout().is_some_and(|wait| wait.is_zero()) => self.connection.on_timeout(),
            None => self.connection.send_ack_eliciting()?,
        }
        offer_ids(&mut self.connection, |_| {})?;
        for stream in self.connection.readable() {
            while let Ok((length, is_whole)) = self.connection.stream_recv(stream, &mut self.buffer) {
                let Some((_, body)) = self.bodies.get_mut(&stream) else { continue };
                body.extend_from_slice(&self.buffer[..length]);
                if is_whole {
                    self.save(stream)?;
                }
            }
        }
        // Where FIN comes with data that has been read already, quiche calls no stream readable, though it knows the end.
        let Visit { connection, requests, bodies, .. } = &*self;
        let is_over = |stream: &u64| !requests.contains_key(stream) && connection.stream_finished(*stream);
        let ended: Vec<u64> = bodies.keys().copied().filter(is_over).collect();
        ended.into_iter().try_for_each(|stream| self.save(stream))
    }

    /// Writes what has come of a file that is whole.
    fn save(&mut self, stream: u64) -> Outcome<()> {
        let (name, body) = self.bodies.remove(&stream).ok_or("an unknown stream")?;
        Ok(std::fs::write(self.arguments.path("out")?.join(name), body)?)
    }

    /// Goes on from another socket, once there is a connection ID to use there.
    fn migrate(&mut self) -> Outcome<()> {
        self.turn_until("a connection ID", |visit| visit.connection.available_dcids() > 0)?;
        self.socket = UdpSocket::bind((self.arguments.text("migrate")?, 0))?;
        self.connection.migrate_source(self.socket.local_addr()?)?;
        Ok(())
    }

    fn exchange_datagrams(&mut self) -> Outcome<()> {
        for number in 0..20u8 {
            self.connection.dgram_send(&[number; 100])?;
            self.turn_until("a datagram", |visit| visit.connection.dgram_recv_queue_len() > 0)?;
            let length = self.connection.dgram_recv(&mut self.buffer)?;
            if self.buffer[..length] != [number; 100] {
                return Err("another datagram came back".into());
            }
        }
        println!("datagrams came back");
        Ok(())
    }

    /// The session for the next connection, which a ticket makes.
    fn session(&mut self) -> Outcome<Vec<u8>> {
        let deadline = Instant::now() + TICKET_WAIT;
        self.socket.set_read_timeout(Some(TICKET_WAIT))?;
        while self.connection.session().is_none() && Instant::now() < deadline {
            self.turn()?;
        }
        Ok(self.connection.session().ok_or("no ticket came")?.to_vec())
    }

    fn close(&mut self) -> Outcome<()> {
        self.connection.close(true, 0, b"").ok();
        flush(&mut self.connection, &self.socket, &mut self.buffer)
    }
}
