//! A small HTTP server that serves a synthetic ladder, and misbehaves where it is told to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// How a path is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With this body.
    Body(Vec<u8>),
    /// With this body in chunks (no Content-Length).
    Chunked(Vec<u8>),
    /// With a body in pieces of these sizes, each after a pause.
    Pieces(Vec<(usize, Duration)>),
    /// With a status and a header line.
    Status(&'static str, &'static str),
    /// With fewer or more bytes than announced, and the end of the connection.
    Lie { announced: usize, sent: usize },
    /// With a body of which only these bytes are sent, and then silence.
    Stuck { announced: usize, sent: usize },
    /// With a body of chunks that never ends.
    Endless,
    /// Not at all.
    Silence,
    /// With a body, and the end of the connection, unannounced.
    Leave(Vec<u8>),
    /// With a body, and the name of an origin.
    Named(&'static str, Vec<u8>),
}

/// A request that was answered.
#[derive(Debug, Clone)]
pub struct Hit {
    pub path: String,
    pub connection: usize,
    /// When each piece of the body was handed to the kernel (CLOCK_MONOTONIC, nanoseconds).
    pub written: Vec<u64>,
}

/// A server; dropping it ends it.
pub struct Server {
    address: SocketAddr,
    hits: Arc<Mutex<Vec<Hit>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// CLOCK_MONOTONIC in nanoseconds.
pub fn monotonic_ns() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(now).as_nanos().try_into().unwrap()
}

/// The declared mean rates of the ladder in bit/s.
pub const LADDER: [usize; 3] = [200_000, 800_000, 2_400_000];

/// The duration of a segment in milliseconds.
pub const SEGMENT_MS: usize = 500;

const SEGMENTS: usize = 120;

/// The size of a segment; every third is half as large again as declared.
pub fn size(rung: usize, segment: usize) -> usize {
    let nominal = LADDER[rung] * SEGMENT_MS / 8000;
    if segment % 3 == 2 { nominal * 3 / 2 } else { nominal }
}

fn ladder() -> BTreeMap<String, Answer> {
    let mut answers = BTreeMap::new();
    let mut serve = |path: &str, body: Vec<u8>| answers.insert(path.to_owned(), Answer::Body(body));
    let variant = |(rung, bps): (usize, &usize)| {
        format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={bps}\n{rung}/video.m3u8\n",
            bps * 3 / 2
        )
    };
    let variants: String = LADDER.iter().enumerate().map(variant).collect();
    serve("/vod/master.m3u8", format!("#EXTM3U\n{variants}").into_bytes());
    for rung in 0..LADDER.len() {
        let seconds = SEGMENT_MS as f64 / 1000.0;
        let segment = |n| format!("#EXTINF:{seconds},\n{n}.m4s\n");
        let segments: String = (0..SEGMENTS).map(segment).collect();
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"init.mp4\"\n";
        let playlist = format!("{head}{segments}#EXT-X-ENDLIST\n");
        serve(&format!("/vod/{rung}/video.m3u8"), playlist.into_bytes());
        serve(&format!("/vod/{rung}/init.mp4"), vec![b'i'; 700]);
        for segment in 0..SEGMENTS {
            serve(&format!("/vod/{rung}/{segment}.m4s"), vec![b's'; size(rung, segment)]);
        }
    }
    let row = |segment| format!("{:?}", [0, 1, 2].map(|rung| size(rung, segment)));
    let rows: Vec<_> = (0..SEGMENTS).map(row).collect();
    serve("/vod/sizes.json", format!("{{\"sizes\":[{}]}}", rows.join(",")).into_bytes());
    answers
}

fn atom(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 8).unwrap().to_be_bytes();
    [&size[..], kind, payload].concat()
}

/// The live stream under /live/ as it is now: a segment is there when its last picture was
/// captured, at the multiples of [`SEGMENT_MS`] of the world's clock.
fn live(path: &str) -> Option<Answer> {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_REALTIME).unwrap();
    let newest = Duration::from(now).as_millis() as u64 / SEGMENT_MS as u64 - 1;
    let track = 1u32.to_be_bytes();
    let body = match path.strip_prefix("/live/")? {
        "master.m3u8" => b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000\nvideo.m3u8\n".to_vec(),
        "video.m3u8" => {
            let segment = |n| format!("#EXTINF:{},\n{n}.m4s\n", SEGMENT_MS as f64 / 1000.0);
            let segments: String = (newest - 11..=newest).map(segment).collect();
            let number = newest - 11;
            let head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"init.mp4\"\n";
            format!("{head}#EXT-X-MEDIA-SEQUENCE:{number}\n{segments}").into_bytes()
        }
        "init.mp4" => {
            let head = [&[0; 12][..], &track, &[0; 60]].concat();
            let media = [&[0; 12][..], &1000u32.to_be_bytes(), &[0; 8]].concat();
            let trak = [atom(b"tkhd", &head), atom(b"mdia", &atom(b"mdhd", &media))].concat();
            atom(b"moov", &atom(b"trak", &trak))
        }
        segment => {
            let number: u64 = segment.strip_suffix(".m4s")?.parse().ok()?;
            let time = number * SEGMENT_MS as u64 % 1_000_000_000;
            let head = atom(b"tfhd", &[&[0; 4][..], &track].concat());
            let time = atom(b"tfdt", &[&[1, 0, 0, 0][..], &time.to_be_bytes()].concat());
            let fragment = atom(b"moof", &atom(b"traf", &[head, time].concat()));
            [fragment, atom(b"mdat", &[7; 30_000])].concat()
        }
    };
    Some(Answer::Named("origin-a", body))
}

impl Server {
    /// A server of the ladder, with other answers for some paths.
    pub fn start(mischief: &[(&str, Answer)]) -> Self {
        let mut answers = ladder();
        answers.extend(mischief.iter().map(|(path, answer)| ((*path).to_owned(), answer.clone())));
        let hits = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let (tell, address) = std::sync::mpsc::channel();
        let log = Arc::clone(&hits);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let answers = Arc::new(answers);
                tokio::select! {
                    () = accept(listener, answers, log) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = address.recv().unwrap();
        Self { address, hits, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address and port that it listens on.
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn accept(
    listener: TcpListener,
    answers: Arc<BTreeMap<String, Answer>>,
    hits: Arc<Mutex<Vec<Hit>>>,
) {
    for connection in 0..1000 {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (answers, hits) = (Arc::clone(&answers), Arc::clone(&hits));
        tokio::spawn(async move {
            // A client that goes away is no failure of the server.
            let _ = serve(stream, connection, &answers, &hits).await;
        });
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    answers: &BTreeMap<String, Answer>,
    hits: &Mutex<Vec<Hit>>,
) -> std::io::Result<()> {
    while let Some(path) = request(&mut stream).await? {
        let mut written = Vec::new();
        let stays = match answers.get(&path).cloned().or_else(|| live(&path)).as_ref() {
            Some(answer) => respond(&mut stream, answer, &mut written).await,
            None => {
                let missing = Answer::Status("404 Not Found", "X-Reason: no such file");
                respond(&mut stream, &missing, &mut written).await
            }
        };
        hits.lock().unwrap().push(Hit { path, connection, written });
        if !stays? {
            break;
        }
    }
    Ok(())
}

/// The path of the next request; `None` when the client is done.
async fn request(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(head.len() < 8192, "a request of more than 8 kB");
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Ok(None),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split(' ');
    assert_eq!(words.next(), Some("GET"));
    assert!(head.to_ascii_lowercase().contains("\r\nhost: 127.0.0.1:"), "{head}");
    Ok(words.next().map(str::to_owned))
}

/// Answers; whether the connection stays.
async fn respond(
    stream: &mut TcpStream,
    answer: &Answer,
    written: &mut Vec<u64>,
) -> std::io::Result<bool> {
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    match answer {
        Answer::Body(body) | Answer::Leave(body) => {
            stream.write_all(&[head(body.len()).as_bytes(), body].concat()).await?;
            written.push(monotonic_ns());
        }
        Answer::Named(name, body) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nX-Origin: {name}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), body].concat()).await?;
        }
        Answer::Chunked(body) => {
            let mut response = chunked.as_bytes().to_vec();
            for chunk in body.chunks(5000) {
                response.extend(format!("{:x}\r\n", chunk.len()).bytes());
                response.extend([chunk, b"\r\n"].concat());
            }
            response.extend(b"0\r\n\r\n");
            stream.write_all(&response).await?;
        }
        Answer::Pieces(pieces) => {
            let length = pieces.iter().map(|(bytes, _)| bytes).sum();
            stream.write_all(head(length).as_bytes()).await?;
            for (bytes, pause) in pieces {
                tokio::time::sleep(*pause).await;
                stream.write_all(&vec![b'p'; *bytes]).await?;
                written.push(monotonic_ns());
            }
        }
        Answer::Status(status, header) => {
            let text = format!("HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(text.as_bytes()).await?;
        }
        Answer::Lie { announced, sent } | Answer::Stuck { announced, sent } => {
            stream.write_all(head(*announced).as_bytes()).await?;
            stream.write_all(&vec![b'l'; *sent]).await?;
            if let Answer::Stuck { .. } = answer {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
        Answer::Endless => {
            stream.write_all(chunked.as_bytes()).await?;
            let chunk = [b"10000\r\n".as_slice(), &[b'#'; 0x10000], b"\r\n"].concat();
            for _ in 0..10_000 {
                stream.write_all(&chunk).await?;
            }
        }
        Answer::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
    }
    Ok(matches!(
        answer,
        Answer::Body(_)
            | Answer::Chunked(_)
            | Answer::Pieces(_)
            | Answer::Status(..)
            | Answer::Named(..)
    ))
}
