use std::path::PathBuf;
use std::sync::Arc;

use bench::{Arguments, Outcome};
use web_transport_quinn::Session;

/// What one side does in a session, in the words of the public runner.
pub struct Part {
    task: String,
    pub endpoint: String,
    /// Best first.
    pub protocols: Vec<String>,
    /// What to ask for.
    pub names: Vec<String>,
    /// Where what may be asked for is.
    root: PathBuf,
    downloads: PathBuf,
}

impl Part {
    pub fn from(arguments: &Arguments) -> Outcome<Self> {
        Ok(Part {
            task: arguments.text("task")?.to_string(),
            endpoint: arguments.text("endpoint")?.to_string(),
            protocols: arguments.text("protocols")?.split(',').map(str::to_string).collect(),
            names: arguments.visits().concat(),
            root: arguments.path("root")?.to_path_buf(),
            downloads: arguments.path("downloads")?.to_path_buf(),
        })
    }

    /// Whether this side asks for files.
    pub fn asks(&self) -> bool {
        !self.names.is_empty()
    }

    /// Resolves when this side has done its part, or the session is over where it answers requests.
    pub async fn play(self: &Arc<Self>, session: &Session) -> Outcome<()> {
        match self.task.split('-').nth(1) {
            Some("bidirectional") => self.ask_on_streams(session).await,
            Some("unidirectional") => self.ask_for_pushes(session).await,
            Some(_) => self.ask_in_datagrams(session).await,
            None if self.task == "handshake" => self.note_protocol(session).await,
            None => self.answer(session).await,
        }
    }

    async fn note_protocol(&self, session: &Session) -> Outcome<()> {
        let path = self.downloads.join("negotiated_protocol.txt");
        Ok(tokio::fs::write(path, session.protocol().unwrap_or_default()).await?)
    }

    /// The body of a file that somebody asks for.
    pub async fn find(&self, request: &[u8]) -> Outcome<(String, Vec<u8>)> {
        let text = std::str::from_utf8(request)?;
        let name = text.trim().strip_prefix("GET ").ok_or("what came is no request")?;
        if name.contains('/') {
            return Err("a name without a folder was expected".into());
        }
        let body = tokio::fs::read(self.root.join(&self.endpoint).join(name)).await?;
        Ok((name.to_string(), body))
    }

    pub async fn push_for(&self, request: &[u8]) -> Outcome<Vec<u8>> {
        let (name, body) = self.find(request).await?;
        Ok([format!("PUSH {name}\n").into_bytes(), body].concat())
    }

    pub async fn store(&self, name: &str, body: &[u8]) -> Outcome<()> {
        if !self.names.iter().any(|wanted| wanted == name) {
            return Err("a file came that was not asked for".into());
        }
        let folder = self.downloads.join(&self.endpoint);
        tokio::fs::create_dir_all(&folder).await?;
        Ok(tokio::fs::write(folder.join(name), body).await?)
    }

    /// Stores what was pushed, and resolves to its name.
    pub async fn store_push(&self, push: &[u8]) -> Outcome<String> {
        let end = push.iter().position(|byte| *byte == b'\n').ok_or("what came is no PUSH")?;
        let line = std::str::from_utf8(&push[..end])?;
        let name = line.strip_prefix("PUSH ").ok_or("what came is no PUSH")?;
        self.store(name, &push[end + 1..]).await?;
        Ok(name.to_string())
    }
}
