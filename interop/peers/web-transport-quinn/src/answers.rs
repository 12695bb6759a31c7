use std::sync::Arc;

use bench::Outcome;
use web_transport_quinn::{RecvStream, SendStream, Session};

use crate::part::Part;

/// More than any request has.
const MOST_BYTES: usize = 8192;

impl Part {
    /// Answers what is asked for until the session is over.
    pub async fn answer(self: &Arc<Self>, session: &Session) -> Outcome<()> {
        tokio::join!(
            self.answer_on_streams(session),
            self.answer_by_streams(session),
            self.answer_datagrams(session),
        );
        Ok(())
    }

    async fn answer_on_streams(self: &Arc<Self>, session: &Session) {
        while let Ok((send, receive)) = session.accept_bi().await {
            let part = self.clone();
            tokio::spawn(async move { report(part.answer_on_stream(send, receive).await) });
        }
    }

    async fn answer_on_stream(&self, mut send: SendStream, mut receive: RecvStream) -> Outcome<()> {
        let request = receive.read_to_end(MOST_BYTES).await?;
        let (_, body) = self.find(&request).await?;
        send.write_all(&body).await?;
        Ok(send.finish()?)
    }

    async fn answer_by_streams(self: &Arc<Self>, session: &Session) {
        while let Ok(receive) = session.accept_uni().await {
            let (part, session) = (self.clone(), session.clone());
            tokio::spawn(async move { report(part.answer_by_stream(&session, receive).await) });
        }
    }

    async fn answer_by_stream(&self, session: &Session, mut receive: RecvStream) -> Outcome<()> {
        let request = receive.read_to_end(MOST_BYTES).await?;
        let push = self.push_for(&request).await?;
        let mut send = session.open_uni().await?;
        send.write_all(&push).await?;
        Ok(send.finish()?)
    }

    async fn answer_datagrams(&self, session: &Session) {
        while let Ok(request) = session.read_datagram().await {
            let push = self.push_for(&request).await;
            report(push.and_then(|push| Ok(session.send_datagram(push.into())?)));
        }
    }
}

fn report(outcome: Outcome<()>) {
    if let Err(error) = outcome {
        eprintln!("no answer: {error}");
    }
}
