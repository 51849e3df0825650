//! A client, and a switcher between it and its origins.

use crate::origin::Origin;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use weir_switch::{Config, Settings, SwitchEvent, Switcher};
use weir_units::Time;

/// What a client got.
#[derive(Debug, PartialEq)]
pub struct Got {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether all that was announced came.
    pub whole: bool,
}

/// Asks for a path as it stands.
pub async fn get(address: SocketAddr, path: &str) -> Got {
    ask(address, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await
}

pub async fn ask(address: SocketAddr, request: String) -> Got {
    let asking = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        // A broken answer may end with a reset.
        drop(stream.read_to_end(&mut all).await);
        all
    };
    let all = tokio::time::timeout(Duration::from_secs(20), asking).await.expect("an answer");
    let at = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8(all[..at].to_vec()).unwrap().to_lowercase();
    let body = all[at..].to_vec();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let whole = length.is_none_or(|length| length.parse() == Ok(body.len()));
    Got { status, head, body, whole }
}

/// A switcher, and what happened to it.
pub struct Running {
    pub address: SocketAddr,
    happened: Arc<Mutex<Vec<(Time, SwitchEvent)>>>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    pub fn start(origins: &[&Origin], settings: &[(&str, &str)]) -> Self {
        let urls: Vec<_> = origins.iter().map(|origin| origin.url()).collect();
        Self::with(config(&urls, settings))
    }

    pub fn with(config: Config) -> Self {
        let switcher = Switcher::bind(config).unwrap();
        let address = switcher.address().unwrap();
        let happened = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&happened);
        let task = tokio::spawn(async move {
            let hear = move |at, what: &SwitchEvent| heard.lock().unwrap().push((at, what.clone()));
            switcher.run(hear).await.unwrap();
        });
        Self { address, happened, task }
    }

    pub fn happened(&self) -> Vec<(Time, SwitchEvent)> {
        self.happened.lock().unwrap().clone()
    }

    /// Waits until something has happened.
    pub async fn until(&self, wanted: impl Fn(&SwitchEvent) -> bool) -> Time {
        let waiting = async {
            loop {
                let found = self.happened().into_iter().find(|(_, what)| wanted(what));
                if let Some((at, _)) = found {
                    return at;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        found.unwrap_or_else(|_| panic!("only this happened: {:?}", self.happened()))
    }

    pub async fn get(&self, path: &str) -> Got {
        get(self.address, path).await
    }
}

pub fn config(urls: &[String], settings: &[(&str, &str)]) -> Config {
    let mut said = Settings::default();
    said.set_origins(urls.iter().map(String::as_str), "test").unwrap();
    let usual = [("listen", "127.0.0.1:0"), ("interval", "50 ms"), ("timeout", "300 ms")];
    for (key, value) in usual.iter().chain(settings) {
        said.set(key, (*value).to_owned(), "test").unwrap();
    }
    said.config().unwrap()
}

/// Runs a test's future.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
