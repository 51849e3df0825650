//! Looks at an origin: its playlist, and that of its first variant.

use crate::config::OriginConfig;
use crate::follow::LiveEdge;
use crate::probe_scheduler::{Probe, ProbeResult};
use crate::reading::Bad;
use weir_clock::Clock;
use weir_core::playlist::{Date, Master, Media, Uri};
use weir_server::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use weir_server::{Bytes, NoAnswer, StatusCode, Upstream, duration, read};
use weir_units::Span;

/// The longest playlist that is read: an hour of segments of a second has 400 kB.
const MAX_PLAYLIST: usize = 1_000_000;

/// Probes one origin.
pub(crate) struct Prober {
    pub upstream: Upstream,
    pub origin: OriginConfig,
    pub timeout: Span,
    pub clock: Clock,
}

impl Prober {
    /// One probe; `date` tells the world's time, and `media` is the media playlist that a master
    /// playlist named, where that is known. Also, which it is to be next time.
    pub async fn probe(&self, media: Option<Uri>, date: impl Fn() -> Date) -> (Probe, Option<Uri>) {
        let started = self.clock.now();
        let looked = tokio::time::timeout(duration(self.timeout), self.look(media)).await;
        let seen = looked.unwrap_or(Err(Bad::TimedOut(self.timeout)));
        let at = self.clock.now();
        let answered = !matches!(seen, Err(Bad::TimedOut(_) | Bad::Unreachable(_)));
        let took = answered.then(|| at.since(started));
        match seen {
            Ok((edge, media)) => {
                let result = Ok(ProbeResult { at, date: date(), edge });
                (Probe { took, result }, media)
            }
            // What the master playlist names may be another file when the origin is back.
            Err(bad) => (Probe { took, result: Err(bad) }, None),
        }
    }

    async fn look(&self, media: Option<Uri>) -> Result<(LiveEdge, Option<Uri>), Bad> {
        let refused = |error: &dyn ToString| Bad::Playlist(error.to_string());
        let edge =
            |playlist: &Media| LiveEdge::of(playlist).ok_or_else(|| refused(&"it has no segment"));
        let media = match media {
            Some(media) => media,
            None => {
                let url = &self.origin.url;
                let body = self.fetch(url).await?;
                match Media::parse_live(&body, url) {
                    Ok(playlist) => return Ok((edge(&playlist)?, None)),
                    // What has no segments may have variants.
                    Err(why) => {
                        let master = Master::parse(&body, url);
                        let variants = master.map_err(|_| refused(&why))?.variants;
                        let first = variants.into_iter().next();
                        first.ok_or_else(|| refused(&"it has no variant"))?.uri
                    }
                }
            }
        };
        // A playlist may name anything; nobody but this origin is asked.
        if authority(&media) != authority(&self.origin.url) {
            return Err(refused(&format!("it names {media}, which is another server")));
        }
        let body = self.fetch(&media).await?;
        let playlist = Media::parse_live(&body, &media).map_err(|error| refused(&error))?;
        Ok((edge(&playlist)?, Some(media)))
    }

    /// A document of at most [`MAX_PLAYLIST`] bytes. Redirects are not followed: they could lead
    /// anywhere.
    async fn fetch(&self, url: &Uri) -> Result<Bytes, Bad> {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let answer = self.upstream.get(url.as_str(), headers).await;
        let answer = answer.map_err(|error| match error {
            NoAnswer::Unreachable(why) => Bad::Unreachable(why),
            NoAnswer::TimedOut => Bad::TimedOut(self.timeout),
        })?;
        if answer.status() != StatusCode::OK {
            return Err(Bad::Status(answer.status().as_u16()));
        }
        let body = read(answer.into_body(), MAX_PLAYLIST).await;
        body.map_err(|error| Bad::Unreachable(error.to_string()))
    }
}

/// Who is asked for a URL.
fn authority(url: &Uri) -> &str {
    let rest = url.as_str().split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}
