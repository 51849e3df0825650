//! Origins that misbehave on command.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What an origin does with requests.
#[derive(Debug, Clone, PartialEq)]
pub enum Mode {
    /// Answers them.
    Good,
    /// Answers all with this status.
    Status(u16),
    /// There is no segment.
    Missing,
    /// Bodies break off after so many bytes.
    Truncated(usize),
    /// Playlists have no announced length, and break off after so many bytes.
    TruncatedChunk(usize),
    /// Segments stop coming after so many bytes.
    Stuck(usize),
    /// Segments come in pieces of so many bytes, with so long a pause before each.
    Trickle(usize, Duration),
    /// Never says anything.
    Silent,
    /// Sends these bytes instead of an answer, again and again if so wanted.
    Raw(Vec<u8>, bool),
    /// Sends this, and then the rest again and again.
    Endless(&'static str, Vec<u8>),
    /// Sends these bytes instead of an answer, one by one with so long a pause before each.
    Dribble(&'static str, Duration),
    /// The playlist is this one, of this type.
    Playlist(Vec<u8>, &'static str),
}

/// An origin of one stream.
pub struct Origin {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

struct Shared {
    mode: Mode,
    /// Mixed into all bytes: origins with different salts have different files.
    salt: u8,
    /// Mixed into the first bytes: packagers number fragments each in its own way.
    number: u8,
    sequence: u64,
    requests: Vec<String>,
    /// Bytes that the kernel took.
    sent: u64,
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
        let (requests, mode) = (Vec::new(), Mode::Good);
        let shared = Shared { mode, salt: 0, number: 0, sequence: 100, requests, sent: 0 };
        let shared = Arc::new(Mutex::new(shared));
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = Connection { stream, shared: Arc::clone(&serving) };
                tokio::spawn(connection.serve());
            }
        });
        Self { address, shared, task }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    pub fn set(&self, mode: Mode) {
        self.shared().mode = mode;
    }

    pub fn set_salt(&self, salt: u8) {
        self.shared().salt = salt;
    }

    pub fn set_number(&self, number: u8) {
        self.shared().number = number;
    }

    /// A packager adds a segment.
    pub fn go_on(&self) {
        self.shared().sequence += 1;
    }

    pub fn requests(&self) -> Vec<String> {
        self.shared().requests.clone()
    }

    /// Bytes that it could send until now.
    pub fn sent(&self) -> u64 {
        self.shared().sent
    }

    pub fn url(&self) -> String {
        format!("http://{}/live/live.m3u8", self.address)
    }
}

/// The bytes of a segment.
pub fn segment(salt: u8) -> Vec<u8> {
    (0..100_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8 ^ salt).collect()
}

/// A playlist with one segment.
pub fn playlist(sequence: u64) -> String {
    format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{sequence}\n#EXTINF:2,\n\
         {sequence}.m4s\n"
    )
}

struct Connection {
    stream: TcpStream,
    shared: Arc<Mutex<Shared>>,
}

impl Connection {
    async fn serve(mut self) {
        while let Some((path, range)) = self.head().await {
            self.shared.lock().unwrap().requests.push(path.clone());
            if !self.answer(&path, range).await {
                break;
            }
        }
    }

    /// The path of a request and its range.
    async fn head(&mut self) -> Option<(String, Option<(usize, usize)>)> {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            text.push(self.stream.read_u8().await.ok()?);
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
    async fn answer(&mut self, path: &str, range: Option<(usize, usize)>) -> bool {
        let (mode, salt, number, sequence) = {
            let shared = self.shared.lock().unwrap();
            (shared.mode.clone(), shared.salt, shared.number, shared.sequence)
        };
        let path = path.split('?').next().unwrap();
        let is_playlist = path.ends_with(".m3u8");
        let mut kind = "application/vnd.apple.mpegurl";
        let body = match &mode {
            Mode::Playlist(text, of) if is_playlist => {
                kind = of;
                text.clone()
            }
            _ if is_playlist => playlist(sequence).into_bytes(),
            Mode::Missing => return self.empty(404).await,
            _ if path.ends_with(".m4s") => {
                kind = "video/iso.segment";
                let mut bytes = segment(salt);
                bytes[20..24].iter_mut().for_each(|byte| *byte ^= number);
                bytes
            }
            _ => return self.empty(404).await,
        };
        let (status, extent, body) = match range {
            Some((first, last)) => {
                let last = last.min(body.len() - 1);
                let extent = format!("Content-Range: bytes {first}-{last}/{}\r\n", body.len());
                ("206 Partial Content", extent, body[first..=last].to_vec())
            }
            None => ("200 OK", String::new(), body),
        };
        let head = format!("HTTP/1.1 {status}\r\n{extent}Content-Type: {kind}\r\n");
        let whole = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let begin = |bytes: usize| &body[..body.len().min(bytes)];
        match mode {
            Mode::Status(status) => self.empty(status).await,
            Mode::Truncated(bytes) => {
                self.send(whole.as_bytes()).await;
                self.send(begin(bytes)).await;
                false
            }
            Mode::TruncatedChunk(bytes) if is_playlist => {
                let head = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len());
                self.send(head.as_bytes()).await;
                self.send(begin(bytes)).await;
                false
            }
            Mode::Stuck(bytes) if !is_playlist => {
                self.send(whole.as_bytes()).await;
                self.send(begin(bytes)).await;
                std::future::pending().await
            }
            Mode::Trickle(bytes, pause) if !is_playlist => {
                self.send(whole.as_bytes()).await;
                for piece in body.chunks(bytes) {
                    tokio::time::sleep(pause).await;
                    if !self.send(piece).await {
                        return false;
                    }
                }
                true
            }
            Mode::Silent => std::future::pending().await,
            Mode::Raw(bytes, for_ever) => {
                while self.send(&bytes).await && for_ever {}
                false
            }
            Mode::Endless(head, rest) => {
                self.send(head.as_bytes()).await;
                while self.send(&rest).await {}
                false
            }
            Mode::Dribble(text, pause) => {
                for byte in text.bytes() {
                    tokio::time::sleep(pause).await;
                    if !self.send(&[byte]).await {
                        break;
                    }
                }
                false
            }
            Mode::Good
            | Mode::Missing
            | Mode::TruncatedChunk(_)
            | Mode::Stuck(_)
            | Mode::Trickle(..)
            | Mode::Playlist(..) => self.send(whole.as_bytes()).await && self.send(&body).await,
        }
    }

    async fn empty(&mut self, status: u16) -> bool {
        let text = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        self.send(text.as_bytes()).await
    }

    async fn send(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let Ok(sent) = self.stream.write(bytes).await else { return false };
            self.shared.lock().unwrap().sent += sent as u64;
            bytes = &bytes[sent..];
        }
        true
    }
}
