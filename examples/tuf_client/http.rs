//! One place that serves files over HTTP or HTTPS.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::StatusCode;
use ureq::{Agent, Body};

/// A base URL. Names are appended to it as they are: `%2F` stays `%2F`.
pub struct Mirror {
    agent: Agent,
    base: String,
}

/// What a request came to.
pub enum Answer {
    /// The file, to be read.
    Found(Body),
    /// The repository says that it has no such file.
    NotFound,
}

impl Mirror {
    pub fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .user_agent(concat!("ota-trust/", env!("CARGO_PKG_VERSION")))
            .build();
        let slash = if base.ends_with('/') { "" } else { "/" };
        Self { agent: config.into(), base: format!("{base}{slash}") }
    }

    /// Asks for a file. `Err` is a failure of the transport, which says nothing about the file.
    pub fn get(&self, name: &str) -> io::Result<Answer> {
        let response = self.agent.get(format!("{}{name}", self.base)).call();
        let response = response.map_err(ureq::Error::into_io)?;
        match response.status() {
            StatusCode::OK => Ok(Answer::Found(response.into_body())),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Answer::NotFound),
            status => Err(io::Error::other(format!("{name}: the server says {status}"))),
        }
    }

    /// Reads a small file of at most `limit` bytes, and one byte more of a longer one, so that
    /// whoever checks it sees that it is too long.
    pub fn get_bytes(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        match self.get(name)? {
            Answer::NotFound => Ok(None),
            Answer::Found(body) => {
                let mut bytes = Vec::new();
                body.into_reader().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
        }
    }
}
