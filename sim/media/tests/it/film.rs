//! Videos: what comes out is what was asked for, and it is the same every time.

use crate::common::{frames, make, media, reference, site, video};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use weir_media::{Package, Request, Step, prepare};
use weir_plan::Source;
use weir_units::Span;

#[test]
fn the_same_film_in_two_caches_is_the_same_to_the_byte() {
    let caches = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let media = media(Source::Scenes, 6);
    let [first, second] = caches.each_ref().map(|cache| make(&media, cache.path()).unwrap());
    assert_eq!(first.hash, second.hash);
    assert_eq!(contents(&first.media_folder()), contents(&second.media_folder()));
    assert_eq!((first.segments(), first.segment), (6, Span::from_s(1)));
    assert!(first.rungs.iter().all(|rung| rung.codecs.is_some()));
    assert_eq!((first.rungs[1].width, first.rungs[1].height), (Some(160), Some(90)));
}

/// Every file with its content, mode and time, and every folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64)> {
    let mut all = BTreeMap::new();
    assert_eq!(fs::metadata(folder).unwrap().mtime(), 1_704_067_200, "{}", folder.display());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let facts = fs::metadata(&path).unwrap();
        let content = if facts.is_dir() {
            all.extend(contents(&path));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        assert_eq!(facts.mtime(), 1_704_067_200, "{}", path.display());
        let name = path.file_name().unwrap();
        let parent = path.parent().unwrap().file_name().unwrap();
        let key = if facts.is_dir() { PathBuf::from(name) } else { Path::new(parent).join(name) };
        // The package's own folder is called by its key, which is the same in every cache.
        all.insert(key, (content, facts.mode() & 0o7777, facts.mtime()));
    }
    all
}

#[test]
fn a_film_that_was_made_is_found_again_without_an_encoder() {
    let cache = tempfile::tempdir().unwrap();
    let media = media(Source::Scenes, 2);
    let steps = || {
        let mut steps = Vec::new();
        let request = Request { media: &media, file: None };
        let package = prepare(&request, cache.path(), &mut |what| steps.push(what.step)).unwrap();
        steps.dedup();
        (package, steps)
    };
    let (first, made) = steps();
    assert_eq!(made, [Step::Encode, Step::Check]);
    let (again, found) = steps();
    assert_eq!(found, [Step::Check]);
    assert_eq!(first, again);
    assert_eq!(first, Package::load(&first.media_folder()).unwrap());
}

#[test]
fn every_segment_of_every_rung_begins_with_a_key_frame_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let package = make(&media(Source::Scenes, 4), folder.path()).unwrap();
    let root = folder.path().join("site");
    site(&package, Span::ZERO, &root);
    let expected: Vec<_> = (0..4 * 24).map(|frame| (frame, frame % 24 == 0)).collect();
    for rung in 0..package.rungs.len() {
        let frames = frames(&root.join(format!("rung{rung}.m3u8")));
        let number = |time: f64| (time * 24.0).round() as i64;
        let seen: Vec<_> = frames.iter().map(|(time, key)| (number(*time), *key)).collect();
        assert_eq!(seen, expected, "rung {rung}");
        assert!((frames[24].0 - 1.0).abs() < 1e-4, "the second segment begins at 1 s");
    }
}

#[test]
fn mean_rates_are_near_their_targets_and_segments_differ() {
    let cache = tempfile::tempdir().unwrap();
    let package = make(&media(Source::Scenes, 8), cache.path()).unwrap();
    for (index, rung) in package.rungs.iter().enumerate() {
        assert!(!rung.target_missed, "{rung:?}");
        let sizes: Vec<_> = package.sizes.iter().map(|row| row[index].get() as f64).collect();
        let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
        let variance = sizes.iter().map(|size| (size - mean).powi(2)).sum::<f64>();
        let variation = (variance / sizes.len() as f64).sqrt() / mean;
        assert!((0.2..1.2).contains(&variation), "rung {index} varies by {variation}");
    }
}

#[test]
fn a_real_film_keeps_its_rate_and_what_is_shorter_than_asked_loops() {
    let folder = tempfile::tempdir().unwrap();
    let clip = reference("film/clip.mp4");
    let package = make(&media(Source::File(clip), 30), folder.path()).unwrap();
    // 24.08 s at 25 frames per second.
    assert_eq!((package.segments(), package.segment), (24, Span::from_s(1)));
    assert_eq!(package.warnings, ["the source has 24 of 30 segments: it loops"]);
    let root = folder.path().join("site");
    site(&package, Span::from_s(50), &root);
    let frames = frames(&root.join("rung0.m3u8"));
    assert_eq!(frames.len(), 50 * 25);
    let text = fs::read_to_string(root.join("rung0.m3u8")).unwrap();
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 2);
    assert_eq!(text.matches("seg00000.m4s").count(), 3);
}

#[test]
fn a_fractional_rate_gives_whole_frames_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ntsc.mp4");
    let chapters = folder.path().join("chapters");
    let chapter = "[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=One\n";
    fs::write(&chapters, format!(";FFMETADATA1\n{chapter}")).unwrap();
    let others = format!("-f lavfi -i sine=d=3 -i {} -map_chapters 2", chapters.display());
    video(&path, &format!("-f lavfi -i testsrc2=s=320x240:r=30000/1001 {others} -t 2.5"));
    let package = make(&media(Source::File(path), 2), folder.path()).unwrap();
    assert_eq!(package.segment, Span::from_ms(1001));
    assert_eq!(package.segments(), 2);
    let [duration, sound] = &package.warnings[..] else { panic!("{:?}", package.warnings) };
    assert!(duration.starts_with("segments last 1001000 us, not 1 s"), "{duration}");
    assert_eq!(sound, "the sound of the source is left out");
}

#[test]
fn a_picture_is_never_distorted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tall.mkv");
    // A white picture of 1:2, stored with half as many columns.
    let white = "-f lavfi -i color=white:s=60x240:r=10,setsar=2 -t 2";
    video(&path, &format!("{white} -c:v libx264"));
    let package = make(&media(Source::File(path), 2), folder.path()).unwrap();
    let dir = package.media_folder().join("rung1");
    let whole = folder.path().join("whole.mp4");
    let parts = ["init.mp4", "seg00000.m4s"].map(|name| fs::read(dir.join(name)).unwrap());
    fs::write(&whole, parts.concat()).unwrap();
    let raw = folder.path().join("frame.gray");
    let frame = "-frames:v 1 -pix_fmt gray -f rawvideo";
    video(&raw, &format!("-i {} {frame}", whole.display()));
    let pixels = fs::read(raw).unwrap();
    let middle: Vec<_> = pixels[45 * 160..46 * 160].iter().map(|pixel| *pixel > 128).collect();
    let (first, last) =
        (middle.iter().position(|white| *white), middle.iter().rposition(|white| *white));
    let width = last.unwrap() - first.unwrap() + 1;
    assert!(width.abs_diff(45 / 2 * 2) <= 2, "{width} white columns of 90 lines");
    assert!(first.unwrap().abs_diff(159 - last.unwrap()) <= 2, "in the middle");
}
