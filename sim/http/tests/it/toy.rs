//! A service that passes everything on, clients, and what stands behind.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot::{Sender, channel};
use tokio::task::JoinHandle;
use weir_server::{
    Answer, Bounds, Connection, Incoming, NoAnswer, Relay, Request, Server, Service, Upstream, Uri,
    boxed,
};
use weir_units::Span;

/// Passes requests on to one server.
pub struct Passing {
    behind: SocketAddr,
    upstream: Upstream,
}

impl Service for Passing {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _: Connection,
    ) -> Result<Answer, NoAnswer> {
        let uri = Uri::builder().scheme("http").authority(self.behind.to_string());
        let uri = uri.path_and_query(request.uri().path()).build().unwrap();
        let answer = self.upstream.pass(request, uri).await?;
        Ok(answer.map(|body| boxed(Relay::new(body, Span::from_ms(200), None))))
    }
}

/// A service in front of another server: where it is, how it is stopped, and its task.
pub fn before(behind: SocketAddr) -> (SocketAddr, Sender<()>, JoinHandle<()>) {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Bounds::default()).unwrap();
    let address = server.address().unwrap();
    let upstream = Upstream::new(Span::from_ms(500), None);
    let (stop, stopped) = channel();
    let task = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        server.serve(Arc::new(Passing { behind, upstream }), stop).await.unwrap();
    });
    (address, stop, task)
}

/// A server whose answers begin with `begin`, and go on with `rest` when they are told to. The
/// heads of its requests are in what the task returns.
pub async fn origin(begin: &'static str, rest: Option<(&'static str, Told)>) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await.unwrap() > 0 {}
        stream.write_all(begin.as_bytes()).await.unwrap();
        if let Some((rest, told)) = rest {
            drop(told.await);
            drop(stream.write_all(rest.as_bytes()).await);
        }
        head.to_lowercase()
    });
    Origin { address, task }
}

/// Ready when the rest is to come.
pub type Told = tokio::sync::oneshot::Receiver<()>;

pub struct Origin {
    pub address: SocketAddr,
    pub task: JoinHandle<String>,
}

/// A client that has said this.
pub async fn client(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// All that comes until the connection ends.
pub async fn all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    drop(stream.read_to_string(&mut text).await);
    text.to_lowercase()
}

/// Runs a test's future.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
