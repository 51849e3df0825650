//! What a video file is, asked of ffprobe, whose answer is not trusted either.

use crate::program::output;
use crate::rate::FrameRate;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::str::Utf8Error;
use weir_units::Span;

/// ffprobe reads a few seconds of a file.
const LIMIT: Span = Span::from_s(30);

/// An answer about two streams has 500 bytes; a file may have many streams.
const MAX_ANSWER: usize = 1 << 20;

/// How much of a file tells text from anything else: every container of video has bytes there
/// that no text has.
const HEAD: u64 = 512;

/// What H.264 decoders take at most, twice over.
const MAX_PIXELS: u64 = 16_384;

/// Formats that are lists of other files, whose content the hash of the list does not cover, and
/// text, which ffmpeg would draw as a terminal does.
const NOT_A_VIDEO: [&str; 5] = ["hls", "dash", "concat", "imf", "tty"];

/// What a video file is, as far as encoding it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Video {
    /// The rate at which it is encoded.
    pub rate: FrameRate,
    /// The pixels of a picture.
    pub pixels: u64,
    /// Its length, if the file says so.
    pub length: Option<Span>,
    /// Whether there is sound.
    pub audio: bool,
}

/// Looks at a file.
///
/// # Errors
/// If it is missing, empty, no regular file, or not a video that ffprobe understands.
pub(crate) fn probe(file: &Path) -> Result<Video> {
    let facts = fs::metadata(file).context("it cannot be looked at")?;
    ensure!(!facts.is_dir(), "it is a folder");
    ensure!(facts.is_file(), "it is no regular file");
    ensure!(facts.len() > 0, "it is empty");
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.context("it cannot be read")?;
    ensure!(!is_text(&head), "it is a text");
    video(&ask(file)?)
}

/// ffmpeg would read a playlist from wherever it points to, and wait for more if it does not end.
fn is_text(head: &[u8]) -> bool {
    let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    // A character may be cut in two by the end of the head.
    let garbled = |error: Utf8Error| error.error_len().is_some();
    !head.iter().any(control) && !std::str::from_utf8(head).is_err_and(garbled)
}

/// ffmpeg's arguments for a file that it can take neither for an option nor for a protocol, from
/// whatever folder it runs in.
///
/// # Errors
/// If the file is missing.
pub(crate) fn input(file: &Path) -> Result<[OsString; 4]> {
    let mut url = OsString::from("file:");
    let whole = fs::canonicalize(file);
    url.push(whole.with_context(|| format!("find {}", file.display()))?);
    Ok(["-protocol_whitelist".into(), "file".into(), "-i".into(), url])
}

fn ask(file: &Path) -> Result<Vec<u8>> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "json", "-show_entries"]);
    command.arg(
        "stream=codec_type,width,height,r_frame_rate,avg_frame_rate,duration\
         :stream_disposition=attached_pic:format=format_name,duration",
    );
    command.args(input(file)?);
    output(command, LIMIT, MAX_ANSWER)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    width: Option<u64>,
    height: Option<u64>,
    r_frame_rate: Option<String>,
    avg_frame_rate: Option<String>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: u64,
}

#[derive(Deserialize)]
struct Format {
    format_name: String,
    duration: Option<String>,
}

fn video(answer: &[u8]) -> Result<Video> {
    let answer: Answer = serde_json::from_slice(answer).context("ffprobe's answer")?;
    let mut formats = answer.format.format_name.split(',');
    if let Some(format) = formats.find(|format| NOT_A_VIDEO.contains(format)) {
        bail!("ffprobe finds the format {format}, which is no video file");
    }
    let of_type = |stream: &&Stream, kind: &str| stream.codec_type.as_deref() == Some(kind);
    let mut pictures = answer.streams.iter().filter(|stream| of_type(stream, "video"));
    let Some(stream) = pictures.find(|stream| stream.disposition.attached_pic == 0) else {
        bail!("ffprobe finds no video stream");
    };
    let (Some(width), Some(height)) = (stream.width, stream.height) else {
        bail!("ffprobe finds no picture size");
    };
    let pixels = 1..=MAX_PIXELS;
    ensure!(
        pixels.contains(&width) && pixels.contains(&height),
        "its pictures have {width}x{height} pixels (at most {MAX_PIXELS} each way)"
    );
    let rate = |text: &Option<String>| text.as_deref().and_then(FrameRate::parse);
    let seconds = |text: &Option<String>| {
        text.as_deref().and_then(|text| text.parse().ok()).and_then(Span::from_secs_f64)
    };
    Ok(Video {
        rate: FrameRate::of_source(rate(&stream.r_frame_rate), rate(&stream.avg_frame_rate)),
        pixels: width * height,
        length: seconds(&stream.duration).or_else(|| seconds(&answer.format.duration)),
        audio: answer.streams.iter().any(|stream| of_type(&stream, "audio")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILM: &str = r#"{"codec_type":"video","width":1024,"height":576,"r_frame_rate":"25/1",
        "avg_frame_rate":"25/1","duration":"24.080000","disposition":{"attached_pic":0}}"#;
    const COVER: &str = r#"{"codec_type":"video","width":600,"height":600,"r_frame_rate":"90000/1",
        "avg_frame_rate":"0/0","disposition":{"attached_pic":1}}"#;
    const SOUND: &str = r#"{"codec_type":"audio","r_frame_rate":"0/0"}"#;

    fn read(streams: &[&str], format: &str) -> Result<Video, String> {
        let streams = streams.join(",");
        let answer = format!(r#"{{"streams":[{streams}],"format":{{"format_name":"{format}"}}}}"#);
        video(answer.as_bytes()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_first_moving_picture_is_the_video() {
        let film = read(&[COVER, SOUND, FILM], "mov,mp4").unwrap();
        assert_eq!(film.length, Some(Span::from_ms(24_080)));
        assert_eq!((film.rate.to_string().as_str(), film.audio), ("25/1", true));
        assert_eq!(film.pixels, 1024 * 576);
        assert!(!read(&[FILM], "mov,mp4").unwrap().audio);
    }

    #[test]
    fn text_is_told_from_video() {
        assert!(is_text(b"#EXTM3U\r\n#EXT-X-TARGETDURATION:2\n"));
        assert!(is_text("Stra\u{df}e".as_bytes()));
        assert!(is_text(&"Stra\u{df}e".as_bytes()[..5]));
        assert!(!is_text(b"\0\0\0\x18ftypmp42"));
        assert!(!is_text(b"\x1a\x45\xdf\xa3"));
    }

    #[test]
    fn what_is_no_video_is_refused() {
        let no_stream = Err("ffprobe finds no video stream".to_owned());
        assert_eq!(read(&[], "mp3"), no_stream);
        assert_eq!(read(&[SOUND, COVER], "mp3"), no_stream);
        assert!(read(&[FILM], "hls").unwrap_err().contains("the format hls"));
        let huge = FILM.replace("1024", "99999999");
        assert!(read(&[&huge], "mov").unwrap_err().contains("99999999x576"));
        assert!(read(&["{}"], "mov").unwrap_err().contains("no video stream"));
        assert!(video(b"\xff").is_err());
        let unknown = FILM.replace("24.080000", "N/A");
        assert_eq!(read(&[&unknown], "mov").unwrap().length, None);
    }
}
