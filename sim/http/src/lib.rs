//! A small HTTP/1.1 server, and a client to what stands behind it: what services have in common
//! that answer by themselves or pass on what others answer. No TLS, and nothing is cached.
//!
//! | file | what lives there |
//! |---|---|
//! | `server.rs`, `bounds.rs` | connections as they come, their [`Bounds`], and the end |
//! | `connection.rs` | a client that does not take what it asks for; what is on its way to it |
//! | `crowd.rs` | how many connections an address has |
//! | `answer.rs` | answers and their bodies, headers that concern one connection only |
//! | `upstream.rs` | requests to other servers |
//! | `relay.rs` | the bodies of their answers, which have to come in time |
//!
//! # A service
//! ```
//! use std::sync::Arc;
//! use weir_server::{Answer, Bounds, Connection, NoAnswer, Server, Service, plain};
//! use weir_server::{Incoming, Request, StatusCode};
//!
//! struct Greeter;
//!
//! impl Service for Greeter {
//!     async fn answer(
//!         self: Arc<Self>,
//!         request: Request<Incoming>,
//!         _: Connection,
//!     ) -> Result<Answer, NoAnswer> {
//!         Ok(plain(StatusCode::OK, format!("hello, {}\n", request.uri().path())))
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let server = Server::bind("127.0.0.1:0".parse()?, Bounds::default())?;
//! # let asked = format!("http://{}/you", server.address()?);
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let serving = tokio::spawn(server.serve(Arc::new(Greeter), async { drop(stopped.await) }));
//! # let upstream = weir_server::Upstream::new(weir_units::Span::from_s(5), None);
//! # let answer = upstream.get(&asked, weir_server::header::HeaderMap::new()).await.unwrap();
//! # assert_eq!(weir_server::read(answer.into_body(), 100).await.unwrap(), "hello, /you\n");
//! drop(stop);
//! serving.await??;
//! # anyhow::Ok(())
//! # }).unwrap();
//! # anyhow::Ok(())
//! ```
//!
//! # What a client may not do
//! A connection holds a place and memory of the kernel, so that clients have [`Bounds`]: on the
//! time and the length of the head of a request, on how slowly an answer may be taken, and on the
//! number of connections, of one address and in total.

mod answer;
mod bounds;
mod connection;
mod crowd;
mod relay;
mod server;
mod upstream;

pub use answer::{Answer, AnswerBody, BrokenOff};
pub use answer::{boxed, data, plain, read, refused, typed, whole};
pub use bounds::{Bounds, CloseReason, duration};
pub use bytes::Bytes;
pub use connection::Connection;
pub use hyper::body::{Body, Frame, Incoming, SizeHint};
pub use hyper::{Method, Request, Response, StatusCode, Uri, header};
pub use relay::Relay;
pub use server::{Server, Service};
pub use upstream::{NoAnswer, Upstream};
