//! Looks at an origin: its playlist, and that of its first variant.

use crate::config::OriginConfig;
use crate::follow::Tip;
use crate::reading::Bad;
use crate::rounds::{Look, Sight};
use crate::upstream::{NoAnswer, Upstream, duration};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use weir_clock::Clock;
use weir_core::playlist::{Date, Master, Media, Uri};
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
    pub async fn probe(&self, media: Option<Uri>, date: impl Fn() -> Date) -> (Look, Option<Uri>) {
        let started = self.clock.now();
        let looked = tokio::time::timeout(duration(self.timeout), self.look(media)).await;
        let seen = looked.unwrap_or(Err(Bad::TimedOut(self.timeout)));
        let at = self.clock.now();
        let answered = !matches!(seen, Err(Bad::TimedOut(_) | Bad::Unreachable(_)));
        let took = answered.then(|| at.since(started));
        match seen {
            Ok((tip, media)) => {
                let result = Ok(Sight { at, date: date(), tip });
                (Look { took, result }, media)
            }
            // What the master playlist names may be another file when the origin is back.
            Err(bad) => (Look { took, result: Err(bad) }, None),
        }
    }

    async fn look(&self, media: Option<Uri>) -> Result<(Tip, Option<Uri>), Bad> {
        let refused = |error: &dyn ToString| Bad::Playlist(error.to_string());
        let tip = |playlist: &Media| Tip::of(playlist).ok_or_else(|| refused(&"it has no segment"));
        let media = match media {
            Some(media) => media,
            None => {
                let url = &self.origin.url;
                let body = self.fetch(url).await?;
                match Media::parse_live(&body, url) {
                    Ok(playlist) => return Ok((tip(&playlist)?, None)),
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
        Ok((tip(&playlist)?, Some(media)))
    }

    /// A document of at most [`MAX_PLAYLIST`] bytes. Redirects are not followed: they could lead
    /// anywhere.
    async fn fetch(&self, url: &Uri) -> Result<Bytes, Bad> {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let answer = self.upstream.ask(Method::GET, url.as_str(), headers).await;
        let answer = answer.map_err(|error| match error {
            NoAnswer::Unreachable(why) => Bad::Unreachable(why),
            NoAnswer::TimedOut => Bad::TimedOut(self.timeout),
        })?;
        if answer.status() != StatusCode::OK {
            return Err(Bad::Status(answer.status().as_u16()));
        }
        let body = Limited::new(answer.into_body(), MAX_PLAYLIST).collect().await;
        body.map(|body| body.to_bytes()).map_err(|error| Bad::Unreachable(error.to_string()))
    }
}

/// Who is asked for a URL.
fn authority(url: &Uri) -> &str {
    let rest = url.as_str().split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}
