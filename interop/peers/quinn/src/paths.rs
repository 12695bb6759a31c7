//! Several paths at once, of crates that have them.

use std::net::IpAddr;
use std::time::Duration;

use bench::{Arguments, Outcome};
use quinn::{Connection, FourTuple, PathId, PathStatus};

/// Opens a path from another address of this machine to the server of the connection.
pub async fn open_second(connection: &Connection, arguments: &Arguments) -> Outcome<()> {
    let local: IpAddr = arguments.text("second-path")?.parse()?;
    let server = arguments.address("server")?;
    connection.handshake_confirmed().await?;
    connection.open_path(FourTuple::new(server, Some(local)), PathStatus::Available).await?;
    Ok(())
}

/// Abandons the first path of the connection, a while from now.
pub async fn abandon_first(connection: Connection, after: Duration) -> Outcome<()> {
    tokio::time::sleep(after).await;
    connection.path(PathId::ZERO).ok_or("the first path is gone")?.close()?;
    Ok(())
}
