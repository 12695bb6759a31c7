use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use bench::Outcome;
use quiche::{Connection, ConnectionId, Error, RecvInfo};

/// Longer than any datagram here.
pub const DATAGRAM: usize = 65_536;

/// Of the connection IDs here.
pub const ID_LENGTH: usize = 16;

/// The next datagram that comes within `patience`, into `buffer`, and where it came from.
pub fn receive(
    socket: &UdpSocket,
    buffer: &mut [u8],
    patience: Option<Duration>,
) -> Outcome<Option<(usize, SocketAddr)>> {
    // A timeout of zero would mean none.
    socket.set_read_timeout(patience.map(|wait| wait.max(Duration::from_millis(1))))?;
    match socket.recv_from(buffer) {
        Ok(received) => Ok(Some(received)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        // A client that is gone, as ICMP tells.
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Hands a datagram to the connection, whose own affair its faults are.
pub fn deliver(connection: &mut Connection, datagram: &mut [u8], from: SocketAddr, to: SocketAddr) {
    if let Err(error) = connection.recv(datagram, RecvInfo { from, to }) {
        eprintln!("{}: {error}", connection.trace_id());
    }
}

/// Sends what the connection has to send from this socket's address; what it sends from one that it has left is lost.
pub fn flush(connection: &mut Connection, socket: &UdpSocket, buffer: &mut [u8]) -> Outcome<()> {
    let here = socket.local_addr()?;
    loop {
        match connection.send(buffer) {
            Ok((length, info)) if info.from == here => drop(socket.send_to(&buffer[..length], info.to)),
            Ok(_) => {}
            Err(Error::Done) => return Ok(()),
            Err(error) => {
                eprintln!("{}: {error}", connection.trace_id());
                connection.close(false, 1, b"").ok();
                return Ok(());
            }
        }
    }
}

/// Gives the other side as many connection IDs as it takes, and tells each to `learn`.
pub fn offer_ids(connection: &mut Connection, mut learn: impl FnMut(ConnectionId<'static>)) -> Outcome<()> {
    while connection.is_established() && connection.scids_left() > 0 {
        let id = random_id()?;
        let mut token = [0; 16];
        boring::rand::rand_bytes(&mut token)?;
        connection.new_scid(&id, u128::from_be_bytes(token), false)?;
        learn(id);
    }
    Ok(())
}

pub fn random_id() -> Outcome<ConnectionId<'static>> {
    let mut id = vec![0; ID_LENGTH];
    boring::rand::rand_bytes(&mut id)?;
    Ok(ConnectionId::from_vec(id))
}

/// Writes the connection's secrets to the file that the environment names.
pub fn log_keys(connection: &mut Connection) -> Outcome<()> {
    if let Some(path) = std::env::var_os("SSLKEYLOGFILE") {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        connection.set_keylog(Box::new(file));
    }
    Ok(())
}
