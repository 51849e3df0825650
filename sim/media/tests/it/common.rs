//! What the tests have in common: small requests, reference data and programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use weir_media::{Package, Request, prepare};
use weir_plan::{Ladder, LadderRung, Media, Source};
use weir_units::{BitRate, Span};

/// The reference data: beside the project, or where `WEIR_REFERENCE_DATA` points.
pub fn reference(name: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WEIR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "the reference data has no {}", path.display());
    path
}

/// Content in segments of 1 s and two rungs.
pub fn media(source: Source, seconds: u64) -> Media {
    let rung = |width, height, kbps: u64| LadderRung {
        width,
        height,
        bitrate: BitRate::from_bps(kbps * 1000),
    };
    Media {
        source,
        segment: Span::from_s(1),
        ladder: Ladder {
            name: "tiny".to_owned(),
            rungs: vec![rung(96, 54, 80), rung(160, 90, 200)],
        },
        length: Span::from_s(seconds),
        loops: true,
    }
}

pub fn make(media: &Media, cache: &Path) -> anyhow::Result<Package> {
    prepare(&Request { media, file: None }, cache, &mut |_| {})
}

/// Runs ffmpeg or ffprobe and returns what it writes.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {messages}");
    String::from_utf8(output.stdout).unwrap()
}

/// A video file made by ffmpeg: arguments before the file's name.
pub fn video(path: &Path, arguments: &str) {
    let mut all: Vec<&str> = "-v error -nostdin -y".split(' ').collect();
    all.extend(arguments.split(' '));
    all.push(path.to_str().unwrap());
    run("ffmpeg", &all);
}

/// A package with its playlists as a server shows them: a folder whose `media` is the package.
pub fn site(package: &Package, listing: Span, folder: &Path) {
    weir_media::write_playlists(package, listing, folder).unwrap();
    std::os::unix::fs::symlink(package.media_folder(), folder.join("media")).unwrap();
}

/// The presentation times of a playlist's frames in seconds, and which are key frames, as ffprobe
/// sees them.
pub fn frames(playlist: &Path) -> Vec<(f64, bool)> {
    let entries = "packet=pts_time,flags";
    let arguments = ["-v", "error", "-show_entries", entries, "-of", "csv=p=0"];
    let text = run("ffprobe", &[&arguments[..], &[playlist.to_str().unwrap()]].concat());
    let line = |line: &str| {
        let (time, flags) = line.split_once(',').unwrap();
        (time.parse().unwrap(), flags.contains('K'))
    };
    text.lines().filter(|text| !text.is_empty()).map(line).collect()
}
