//! How old the newest segment of a live stream is.

use super::files;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use weir_core::playlist::{Date, MAX_PLAYLIST, Master, Media, Uri};
use weir_units::Span;

const MASTER: &str = "master.m3u8";
/// Where the folder is for who reads its playlists.
const BASE: &str = "http://stream/folder/";
/// Files that are looked at where playlists have no dates.
const MAX_FILES: usize = 100_000;

/// The age of the newest segment, and what is wrong with the stream.
pub(super) fn look(folder: &Path, threshold: Span, now: Date) -> (Option<Span>, Vec<String>) {
    let mut problems = Vec::new();
    let mut furthest: Option<Date> = None;
    let playlists = playlists(folder).unwrap_or_else(|problem| {
        problems.push(problem);
        Vec::new()
    });
    let some = !playlists.is_empty();
    for playlist in playlists {
        match newest_end(folder, &playlist) {
            Ok(Some(end)) => {
                furthest = furthest.max(Some(end));
                let (age, lead) = (now.since(end), end.since(now));
                if age > threshold {
                    let age = seconds(age);
                    problems.push(format!("{playlist}: its newest segment ended {age} s ago"));
                } else if lead > threshold {
                    let lead = seconds(lead);
                    problems.push(format!("{playlist}: its newest segment ends in {lead} s"));
                }
            }
            Ok(None) => {}
            Err(problem) => problems.push(format!("{playlist}: {problem}")),
        }
    }
    if let Some(end) = furthest {
        return (Some(now.since(end)), problems);
    }
    let age = newest_file(folder).map(|written| now.since(written));
    match age {
        Some(age) if age > threshold => {
            problems.push(format!("the newest file was written {} s ago", seconds(age)));
        }
        None if some => problems.push("there is no file of the stream".to_owned()),
        _ => {}
    }
    (age, problems)
}

/// To the millisecond.
pub(super) fn seconds(span: Span) -> String {
    format!("{}.{:03}", span.ms() / 1_000, span.ms() % 1_000)
}

/// The names of the media playlists; without a master playlist that can be read, a problem.
fn playlists(folder: &Path) -> Result<Vec<String>, String> {
    let problem = |why: &dyn std::fmt::Display| format!("{MASTER}: {why}");
    let body = files::read(&folder.join(MASTER), MAX_PLAYLIST + 1).map_err(|why| problem(&why))?;
    let base = Uri::parse(&format!("{BASE}{MASTER}")).map_err(|why| problem(&why))?;
    let master = Master::parse(&body, &base).map_err(|why| problem(&why))?;
    let names = master.variants.iter().map(|variant| {
        let uri = variant.uri.as_str();
        let name = uri.strip_prefix(BASE).filter(|name| is_name(name));
        name.map(str::to_owned).ok_or_else(|| problem(&format!("{uri} is not in its folder")))
    });
    names.collect()
}

/// Whether it can only be a file of the folder itself.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && !text.starts_with('.') && text.bytes().all(plain)
}

/// When the newest segment of a playlist ended; `None` if it has no dates.
fn newest_end(folder: &Path, name: &str) -> Result<Option<Date>, String> {
    let body = files::read(&folder.join(name), MAX_PLAYLIST + 1).map_err(|why| why.to_string())?;
    let base = Uri::parse(&format!("{BASE}{name}")).map_err(|why| why.to_string())?;
    let media = Media::parse_live(&body, &base).map_err(|why| why.to_string())?;
    if media.segments.is_empty() {
        return Err("it has no segment".to_owned());
    }
    Ok(media.newest_end())
}

fn newest_file(folder: &Path) -> Option<Date> {
    let entries = fs::read_dir(folder).ok()?.take(MAX_FILES).filter_map(Result::ok);
    let written = entries.filter_map(|entry| {
        let file = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        file.modified().ok()
    });
    written.max().map(date_of)
}

fn date_of(time: SystemTime) -> Date {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Date::from_unix(Span::from_ns(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLD: Span = Span::from_s(8);
    const BANDWIDTH: &str = "#EXT-X-STREAM-INF:BANDWIDTH=100000";

    fn at(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn media(date: &str) -> String {
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n{date}\
             #EXTINF:2,\n1.m4s\n#EXTINF:2,\n2.m4s\n"
        )
    }

    fn dated(date: &str) -> String {
        media(&format!("#EXT-X-PROGRAM-DATE-TIME:{date}\n"))
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn seen(files: &[(&str, &str)]) -> (Option<Span>, Vec<String>) {
        look(folder(files).path(), THRESHOLD, at("2026-01-01T00:00:10Z"))
    }

    fn master() -> String {
        format!("#EXTM3U\n{BANDWIDTH}\nv0.m3u8\n{BANDWIDTH}0\nv1.m3u8\n")
    }

    #[test]
    fn the_age_counts_from_the_end_of_the_newest_segment() {
        let (old, new) = (dated("2026-01-01T00:00:04Z"), dated("2026-01-01T00:00:05.5Z"));
        let found = seen(&[("master.m3u8", &master()), ("v0.m3u8", &old), ("v1.m3u8", &new)]);
        assert_eq!(found, (Some(Span::from_ms(500)), vec![]));
    }

    #[test]
    fn each_playlist_that_is_stale_or_too_early_is_named() {
        let (old, new) = (dated("2025-12-31T23:59:50Z"), dated("2026-01-01T00:01:00Z"));
        let (age, problems) =
            seen(&[("master.m3u8", &master()), ("v0.m3u8", &old), ("v1.m3u8", &new)]);
        assert_eq!(age, Some(Span::ZERO));
        assert_eq!(
            problems,
            [
                "v0.m3u8: its newest segment ended 16.000 s ago",
                "v1.m3u8: its newest segment ends in 54.000 s"
            ]
        );
    }

    #[test]
    fn without_dates_the_newest_file_counts() {
        let text = media("");
        let folder = folder(&[("master.m3u8", &master()), ("v0.m3u8", &text), ("v1.m3u8", &text)]);
        let now = Date::from_unix(weir_clock::since_1970());
        let (age, problems) = look(folder.path(), THRESHOLD, now);
        assert!(age.unwrap() < THRESHOLD && problems.is_empty(), "{age:?}, {problems:?}");
        let (age, problems) = look(folder.path(), THRESHOLD, now.after(Span::from_s(60)));
        assert!(age.unwrap() > Span::from_s(50), "{age:?}");
        assert!(problems[0].starts_with("the newest file was written "), "{problems:?}");
    }

    #[test]
    fn a_stream_that_is_missing_or_strange_is_a_problem() {
        for (files, named) in [
            (&[][..], "master.m3u8: No such file"),
            (&[("master.m3u8", "hello")], "master.m3u8: "),
            (&[("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n../v0.m3u8\n")], "not in"),
            (&[("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/v0.m3u8\n")], "not in"),
            (&[("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")], "v.m3u8: No"),
        ] {
            let (_, problems) = seen(files);
            assert!(problems.iter().any(|problem| problem.contains(named)), "{problems:?}");
        }
        let one = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n";
        for text in ["", "#EXTM3U\n", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n", &"x".repeat(100_000)] {
            let (_, problems) = seen(&[("master.m3u8", one), ("v.m3u8", text)]);
            assert!(problems[0].starts_with("v.m3u8: "), "{problems:?}");
        }
    }
}
