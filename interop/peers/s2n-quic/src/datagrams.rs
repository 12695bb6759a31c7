use std::future::poll_fn;
use std::task::Poll;

use bench::Outcome;
use bytes::Bytes;
use s2n_quic::connection::Handle;
use s2n_quic::provider::datagram::default::{Endpoint, Receiver, Sender};

pub fn endpoint() -> Outcome<Endpoint> {
    Ok(Endpoint::builder().with_send_capacity(64)?.with_recv_capacity(64)?.build()?)
}

pub fn send(handle: &Handle, data: Bytes) -> Outcome<()> {
    handle
        .datagram_mut(|sender: &mut Sender| sender.send_datagram(data))
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    Ok(())
}

pub async fn receive(handle: &Handle) -> Outcome<Bytes> {
    poll_fn(|context| {
        match handle.datagram_mut(|receiver: &mut Receiver| receiver.poll_recv_datagram(context)) {
            Ok(polled) => polled.map_err(|error| error.to_string().into()),
            Err(error) => Poll::Ready(Err(error.to_string().into())),
        }
    })
    .await
}
