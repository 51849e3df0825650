//! Says what is wrong with a packager or an origin, as JSON at `/healthz` and for Prometheus at
//! `/metrics`. It looks when it is asked, at most once at a time, and keeps nothing.

mod connections;
mod encoder;
mod files;
mod report;
mod server;
mod stream;

use crate::run::run;
use anyhow::Result;
use report::Report;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;
use weir_clock::since_1970;
use weir_core::playlist::Date;
use weir_server::{
    Answer, Bounds, Connection, Incoming, NoAnswer, Request, Server, Service, StatusCode, plain,
    refused, typed,
};
use weir_units::Span;

/// What a health endpoint looks at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthJob {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The name of the service that it stands beside.
    pub service: String,
    /// The folder of the live stream: `master.m3u8`, the playlists that it names, and segments.
    pub folder: PathBuf,
    /// A playlist whose newest segment ended longer ago than this is a problem, and so is one whose
    /// newest segment ends later than this from now.
    pub threshold: Span,
    /// The file with the number of the process that leads the encoder's group; `None` if the
    /// service has no encoder.
    pub encoder: Option<PathBuf>,
    /// What the encoder is connected to over TCP; `None` if that is no matter.
    pub ingest: Option<SocketAddr>,
    /// The service's own HTTP server; `None` if it has none.
    pub server: Option<SocketAddr>,
}

/// Serves for ever.
///
/// `GET /healthz` answers with 200 if all is well and with 503 if not, and with a JSON object of
/// these keys in this order:
///
/// - `ok`: whether there is no problem.
/// - `problems`: each in a sentence.
/// - `segment_age_s`: how long ago the newest segment ended, in seconds, by
///   EXT-X-PROGRAM-DATE-TIME and durations of the playlist that is furthest, or where no playlist
///   has dates, how long ago the newest file was written; `null` if there is neither.
/// - `encoder`: `running`, `frozen`, `dead` or `unknown`.
/// - `ingest`: `connected` or `not connected`; `null` if that is no matter.
/// - `server`: `answers` or `does not answer`; `null` if there is none.
///
/// # Errors
/// If it cannot listen, and if the kernel has no room for it.
pub fn health(job: &HealthJob) -> Result<()> {
    run(async {
        let server = Server::bind(job.listen, Bounds::default())?;
        let endpoint = Endpoint { job: job.clone(), looking: Mutex::new(()) };
        server.serve_here(Arc::new(endpoint), std::future::pending()).await
    })
}

struct Endpoint {
    job: HealthJob,
    /// Held by whoever looks.
    looking: Mutex<()>,
}

impl Service for Endpoint {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _: Connection,
    ) -> Result<Answer, NoAnswer> {
        if let Some(refusal) = refused(&request) {
            return Ok(refusal);
        }
        Ok(match request.uri().path() {
            "/healthz" => {
                let report = self.look().await;
                let status =
                    if report.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                typed(status, "application/json", report.json())
            }
            "/metrics" => {
                let text = self.look().await.metrics(&self.job.service);
                typed(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
            }
            _ => plain(StatusCode::NOT_FOUND, "expected /healthz or /metrics\n"),
        })
    }
}

impl Endpoint {
    async fn look(&self) -> Report {
        let _held = self.looking.lock().await;
        let HealthJob { folder, threshold, encoder, ingest, server, .. } = &self.job;
        let (age, problems) = stream::look(folder, *threshold, Date::from_unix(since_1970()));
        let mut report = Report::new(age, problems);
        if let Some(file) = encoder {
            report.encoder(encoder::look(file));
        }
        if let Some(address) = ingest {
            report.ingest(*address, connections::has(*address));
        }
        if let Some(address) = server {
            report.server(*address, server::answers(*address).await);
        }
        report
    }
}
