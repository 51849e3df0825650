//! Sources that cannot be used are refused in advance, and with the reason.

use crate::common::{make, media, video};
use std::fs;
use std::path::{Path, PathBuf};
use weir_media::{Request, check};
use weir_plan::Source;
use weir_units::{BitRate, Span};

fn refusal(source: Source) -> String {
    let media = media(source, 4);
    format!("{:#}", check(&Request { media: &media, file: None }).unwrap_err())
}

#[test]
fn files_that_are_no_videos_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let refused = |name: &str, content: &[u8]| {
        fs::write(path(name), content).unwrap();
        refusal(Source::File(path(name)))
    };
    let missing = refusal(Source::File(path("missing.mp4")));
    assert!(missing.contains("No such file"), "{missing}");
    assert_eq!(refusal(Source::File(folder.path().to_owned())), "it is a folder");
    assert_eq!(refused("empty.mp4", b""), "it is empty");
    let garbage: Vec<u8> =
        (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let garbled = refused("garbage.mp4", &garbage);
    assert!(garbled.starts_with("ffprobe"), "{garbled}");
    assert_eq!(refused("notes.txt", b"Only words.\n"), "it is a text");
    let list = refused("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nx.ts\n");
    assert_eq!(list, "it is a text");

    let sound = path("sound.wav");
    video(&sound, "-f lavfi -i sine=d=1");
    assert_eq!(refusal(Source::File(sound)), "ffprobe finds no video stream");
    let short = path("short.mp4");
    video(&short, "-f lavfi -i testsrc2=s=64x48:r=24 -t 0.5");
    let short = refusal(Source::File(short));
    assert_eq!(short, "it lasts 500 ms, which is less than one segment of 1 s");
    // This one does not say how long it is.
    let picture = path("picture.h264");
    video(&picture, "-f lavfi -i testsrc2=s=64x48:r=24 -t 0.5");
    let short = format!("{:#}", make(&media(Source::File(picture), 4), folder.path()).unwrap_err());
    assert!(
        short.ends_with("the source has 12 frames, which are less than one segment of 24"),
        "{short}"
    );
}

#[test]
fn what_is_asked_for_must_be_possible() {
    let refused = |change: &dyn Fn(&mut weir_plan::Media)| {
        let mut media = media(Source::Scenes, 4);
        change(&mut media);
        check(&Request { media: &media, file: None }).unwrap_err().to_string()
    };
    let short = refused(&|media| media.length = Span::from_ms(999));
    assert_eq!(short, "999 ms hold no segment of 1 s");
    let long = refused(&|media| media.length = Span::from_s(601));
    assert_eq!(long, "the synthetic film lasts 600 s at most, and loops");
    let many = refused(&|media| media.segment = Span::from_us(1));
    assert!(many.ends_with("too many"), "{many}");
}

#[test]
fn an_impossible_ladder_leaves_nothing_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let leftovers = |cache: &Path| {
        let entries = fs::read_dir(cache.join("media")).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).filter(|name| name != "lock").count()
    };
    let refused = |width| {
        let mut media = media(Source::Scenes, 2);
        media.ladder.rungs[1].width = width;
        let error = format!("{:#}", make(&media, &cache).unwrap_err());
        assert_eq!(leftovers(&cache), 0);
        error
    };
    let wide = refused(20_000);
    assert!(wide.starts_with("encode rung 1 (20000x90, 200 kbit/s): ffmpeg: "), "{wide}");
    let odd = refused(161);
    assert!(odd.ends_with("its pictures have 160x90 pixels"), "{odd}");

    let mut falling = media(Source::Scenes, 2);
    let base = falling.ladder.rungs[0];
    falling.ladder.rungs[1] = weir_plan::LadderRung { bitrate: BitRate::from_bps(40_000), ..base };
    let error = format!("{:#}", make(&falling, &cache).unwrap_err());
    assert!(error.ends_with("a ladder must rise"), "{error}");
    assert_eq!(leftovers(&cache), 0);
}

#[test]
fn a_video_that_breaks_off_is_used_as_far_as_it_goes_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    let format = "-c:v libx264 -g 25 -movflags +faststart";
    video(&whole, &format!("-f lavfi -i testsrc2=s=320x180:r=25 -t 8 {format}"));
    let bytes = fs::read(&whole).unwrap();
    let broken: PathBuf = folder.path().join("broken.mp4");
    fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let package = make(&media(Source::File(broken), 8), folder.path()).unwrap();
    assert!((2..6).contains(&package.segments()), "{}", package.segments());
    let said = package.warnings.iter().any(|warning| warning.contains("could be decoded"));
    assert!(said, "{:?}", package.warnings);
}
