//! s2n-tls, with which s2n-quic gives tickets and resumes sessions; with rustls it does neither.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bench::{Arguments, Outcome};
use s2n_quic::provider::tls::s2n_tls::callbacks::{ConnectionFuture, SessionTicket, SessionTicketCallback};
use s2n_quic::provider::tls::s2n_tls::config::ConnectionInitializer;
use s2n_quic::provider::tls::s2n_tls::connection::Connection;
use s2n_quic::provider::tls::s2n_tls::error::Error;
use s2n_quic::provider::tls::s2n_tls::{Client, Server};

pub fn server(arguments: &Arguments) -> Outcome<Server> {
    let mut builder = Server::builder()
        .with_application_protocols([arguments.text("alpn")?])?
        .with_certificate(arguments.path("cert")?, arguments.path("key")?)?
        .with_key_logging()?;
    let config = builder.config_mut();
    config.enable_session_tickets(true)?;
    // A secret of the bench alone.
    config.add_session_ticket_key(b"interop", &[7; 32], SystemTime::now())?;
    Ok(builder.build()?)
}

pub fn client(arguments: &Arguments) -> Outcome<Client> {
    let mut builder = Client::builder()
        .with_application_protocols([arguments.text("alpn")?])?
        .with_empty_trust_store()?
        .with_certificate(arguments.path("ca")?)?
        .with_key_logging()?;
    let session = Session::default();
    let config = builder.config_mut();
    config.enable_session_tickets(true)?;
    config.set_session_ticket_callback(session.clone())?;
    config.set_connection_initializer(session)?;
    Ok(builder.build()?)
}

/// The ticket of the connection before, which the next one uses.
#[derive(Clone, Default)]
struct Session(Arc<Mutex<Vec<u8>>>);

impl SessionTicketCallback for Session {
    fn on_session_ticket(&self, _connection: &mut Connection, ticket: &SessionTicket) {
        let mut data = vec![0; ticket.len().unwrap_or_default()];
        if ticket.data(&mut data).is_ok() {
            *self.0.lock().expect("no thread died") = data;
        }
    }
}

impl ConnectionInitializer for Session {
    fn initialize_connection(
        &self,
        connection: &mut Connection,
    ) -> Result<Option<std::pin::Pin<Box<dyn ConnectionFuture>>>, Error> {
        let ticket = self.0.lock().expect("no thread died");
        if !ticket.is_empty() {
            connection.set_session_ticket(&ticket)?;
        }
        Ok(None)
    }
}
