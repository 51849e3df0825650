//! Origins that misbehave on command, a client, and a switcher between them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use weir_switch::{Config, Happening, Settings, Switcher};
use weir_units::Time;

/// What an origin does with requests.
#[derive(Debug, Clone, PartialEq)]
pub enum Mode {
    /// Answers them.
    Good,
    /// Answers all with this status.
    Status(u16),
    /// Segments break off after so many bytes.
    Truncated(usize),
    /// Segments stop coming after so many bytes.
    Stuck(usize),
    /// Never says anything.
    Silent,
    /// Sends these bytes instead of an answer, again and again if so wanted.
    Raw(Vec<u8>, bool),
    /// The playlist is this one.
    Playlist(Vec<u8>),
}

/// An origin of one stream.
pub struct Origin {
    pub address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
    /// Mixed into all bytes: origins with different salts have different files.
    salt: Arc<Mutex<u8>>,
    sequence: Arc<Mutex<u64>>,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Origin {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = Arc::new(Mutex::new(Mode::Good));
        let (salt, sequence) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(100)));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared =
            (Arc::clone(&mode), Arc::clone(&salt), Arc::clone(&sequence), Arc::clone(&requests));
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { break };
                let (mode, salt, sequence, requests) = shared.clone();
                tokio::spawn(async move {
                    let mut stream = stream;
                    while let Some((path, range)) = head(&mut stream).await {
                        requests.lock().unwrap().push(path.clone());
                        let now = mode.lock().unwrap().clone();
                        let (salt, sequence) = (*salt.lock().unwrap(), *sequence.lock().unwrap());
                        if !answer(&mut stream, &now, &path, range, salt, sequence).await {
                            break;
                        }
                    }
                });
            }
        });
        Self { address, mode, salt, sequence, requests, task }
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub fn set_salt(&self, salt: u8) {
        *self.salt.lock().unwrap() = salt;
    }

    /// A packager adds a segment.
    pub fn go_on(&self) {
        *self.sequence.lock().unwrap() += 1;
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn url(&self) -> String {
        format!("http://{}/live/live.m3u8", self.address)
    }
}

/// The bytes of a segment.
pub fn segment(salt: u8) -> Vec<u8> {
    (0..100_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8 ^ salt).collect()
}

/// The path of a request and its range.
async fn head(stream: &mut TcpStream) -> Option<(String, Option<(usize, usize)>)> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(text).ok()?;
    let range = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let value = value.trim().strip_prefix("bytes=")?;
        let (first, last) = value.split_once('-')?;
        let last = last.parse().unwrap_or(usize::MAX);
        name.eq_ignore_ascii_case("range").then_some((first.parse().ok()?, last))
    });
    Some((text.split(' ').nth(1)?.to_owned(), range))
}

/// Whether the connection goes on.
async fn answer(
    stream: &mut TcpStream,
    mode: &Mode,
    path: &str,
    range: Option<(usize, usize)>,
    salt: u8,
    sequence: u64,
) -> bool {
    let playlist = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{sequence}\n#EXTINF:2,\n{sequence}.m4s\n"
    );
    let path = path.split('?').next().unwrap();
    let is_playlist = path.ends_with(".m3u8");
    let body = match (mode, is_playlist) {
        (Mode::Playlist(text), true) => text.clone(),
        (_, true) => playlist.into_bytes(),
        (_, false) if path.ends_with(".m4s") => segment(salt),
        (_, false) => {
            return send(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
        }
    };
    let (status, extent, body) = match range {
        Some((first, last)) => {
            let last = last.min(body.len() - 1);
            let extent = format!("Content-Range: bytes {first}-{last}/{}\r\n", body.len());
            ("206 Partial Content", extent, body[first..=last].to_vec())
        }
        None => ("200 OK", String::new(), body),
    };
    let head = format!("HTTP/1.1 {status}\r\n{extent}Content-Length: {}\r\n\r\n", body.len());
    match mode {
        Mode::Status(status) => {
            let text = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
            send(stream, text.as_bytes()).await
        }
        Mode::Truncated(bytes) if !is_playlist => {
            send(stream, head.as_bytes()).await;
            send(stream, &body[..body.len().min(*bytes)]).await;
            false
        }
        Mode::Stuck(bytes) if !is_playlist => {
            send(stream, head.as_bytes()).await;
            send(stream, &body[..body.len().min(*bytes)]).await;
            std::future::pending().await
        }
        Mode::Silent => std::future::pending().await,
        Mode::Raw(bytes, for_ever) => {
            while send(stream, bytes).await && *for_ever {}
            false
        }
        Mode::Good | Mode::Truncated(_) | Mode::Stuck(_) | Mode::Playlist(_) => {
            send(stream, head.as_bytes()).await && send(stream, &body).await
        }
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok()
}

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
    happened: Arc<Mutex<Vec<(Time, Happening)>>>,
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
            let hear = move |at, what: &Happening| heard.lock().unwrap().push((at, what.clone()));
            switcher.run(hear).await.unwrap();
        });
        Self { address, happened, task }
    }

    pub fn happened(&self) -> Vec<(Time, Happening)> {
        self.happened.lock().unwrap().clone()
    }

    /// Waits until something has happened.
    pub async fn until(&self, wanted: impl Fn(&Happening) -> bool) -> Time {
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
