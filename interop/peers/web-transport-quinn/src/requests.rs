use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bench::Outcome;
use web_transport_quinn::{SendStream, Session};

use crate::part::Part;

/// More than any file of a case has.
const MOST_BYTES: usize = 16 << 20;
/// Requests in datagrams that are under way at once, and how long each waits for its answer.
const MOST_UNDER_WAY: usize = 10;
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl Part {
    pub async fn ask_on_streams(&self, session: &Session) -> Outcome<()> {
        let mut receiving = VecDeque::new();
        for name in &self.names {
            let (mut send, receive) = session.open_bi().await?;
            ask(&mut send, name).await?;
            receiving.push_back((name, receive));
        }
        while let Some((name, mut receive)) = receiving.pop_front() {
            self.store(name, &receive.read_to_end(MOST_BYTES).await?).await?;
        }
        Ok(())
    }

    pub async fn ask_for_pushes(&self, session: &Session) -> Outcome<()> {
        for name in &self.names {
            ask(&mut session.open_uni().await?, name).await?;
        }
        for _ in &self.names {
            let mut receive = session.accept_uni().await?;
            self.store_push(&receive.read_to_end(MOST_BYTES).await?).await?;
        }
        Ok(())
    }

    pub async fn ask_in_datagrams(&self, session: &Session) -> Outcome<()> {
        let mut missing = self.names.clone();
        let mut asked: HashMap<String, Instant> = HashMap::new();
        while !missing.is_empty() {
            for name in missing.iter().take(MOST_UNDER_WAY) {
                if asked.get(name).is_some_and(|at| at.elapsed() < ASK_AGAIN) {
                    continue;
                }
                asked.insert(name.clone(), Instant::now());
                session.send_datagram(format!("GET {name}").into())?;
            }
            if let Ok(push) = tokio::time::timeout(ASK_AGAIN / 5, session.read_datagram()).await {
                let name = self.store_push(&push?).await?;
                missing.retain(|other| *other != name);
            }
        }
        Ok(())
    }
}

async fn ask(send: &mut SendStream, name: &str) -> Outcome<()> {
    send.write_all(format!("GET {name}").as_bytes()).await?;
    Ok(send.finish()?)
}
