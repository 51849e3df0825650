//! Looking at content: what is in order is found so, and every harm is named with its place.

use crate::common::{make, media, reference, run, site, video};
use std::fs;
use std::path::{Path, PathBuf};
use weir_media::{Inspection, Kind, Package, inspect};
use weir_plan::Source;
use weir_units::{Bytes, Span};

/// A film of four segments in two rungs, and the folder of its playlists, which list it one and a
/// half times.
struct Film {
    package: Package,
    site: PathBuf,
    _folder: tempfile::TempDir,
}

fn film() -> Film {
    // Encoded once; every test harms a copy.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspection");
    let encoded = make(&media(Source::Scenes, 4), &cache).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("package");
    let from = encoded.media_folder();
    run("cp", &["-r", from.to_str().unwrap(), copy.to_str().unwrap()]);
    let package = Package::load(&copy).unwrap();
    let root = folder.path().join("the site, 100 %");
    site(&package, Span::from_s(6), &root);
    Film { package, site: root, _folder: folder }
}

impl Film {
    fn file(&self, name: &str) -> PathBuf {
        self.package.media_folder().join(name)
    }

    fn edit(&self, name: &str, harm: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.file(name)).unwrap();
        harm(&mut bytes);
        fs::write(self.file(name), bytes).unwrap();
    }

    /// What is said of the package, and of the playlists.
    fn said(&self) -> [Vec<String>; 2] {
        [problems(&self.package.media_folder()), problems(&self.site)]
    }
}

fn problems(path: &Path) -> Vec<String> {
    inspect(path).unwrap().problems.iter().map(ToString::to_string).collect()
}

/// Where the content of a box begins: behind its name.
fn inside(bytes: &[u8], name: &[u8; 4]) -> usize {
    bytes.windows(4).position(|word| word == name).unwrap() + 4
}

/// Lets a segment begin one tick later.
fn delay(bytes: &mut [u8]) {
    let at = inside(bytes, b"tfdt");
    // Version 1 has 64 bits of time, version 0 has 32.
    let last = if bytes[at] == 1 { at + 11 } else { at + 7 };
    bytes[last] += 1;
}

#[test]
fn a_prepared_package_and_its_playlists_are_in_order() {
    let film = film();
    let package = &film.package;
    let of_package = inspect(&package.media_folder()).unwrap();
    assert_eq!((of_package.kind, of_package.in_order()), (Kind::Package, true), "{of_package}");
    for (index, rung) in of_package.rungs.iter().enumerate() {
        let known = &package.rungs[index];
        assert_eq!((rung.target, rung.declared_peak), (Some(known.target), None));
        assert_eq!((rung.mean, rung.peak), (Some(known.mean), Some(known.peak)));
        assert_eq!(rung.width, known.width.map(u64::from));
        let sizes = || package.sizes.iter().map(|row| row[index]);
        assert_eq!((rung.smallest, rung.largest), (sizes().min(), sizes().max()));
        assert!((0.01..2.0).contains(&rung.variation.unwrap()));
        let second = Some(Span::from_s(1));
        assert_eq!((rung.shortest, rung.longest, rung.target_duration), (second, second, second));
        assert_eq!((rung.segments, &*rung.name), (4, &*format!("rung{index}")));
    }
    for path in [film.site.clone(), film.site.join("master.m3u8")] {
        let listed = inspect(&path).unwrap();
        assert_eq!((listed.kind, listed.in_order()), (Kind::Playlist, true), "{listed}");
        assert_eq!((listed.rungs[1].segments, &*listed.rungs[1].name), (6, "rung1.m3u8"));
        assert_eq!(listed.rungs[1].declared_peak, Some(package.rungs[1].peak));
        assert_eq!(listed.rungs[1].peak, Some(package.rungs[1].peak));
        assert_eq!(listed.rungs[1].height, Some(90));
    }
}

#[test]
fn a_segment_that_is_removed_is_missed() {
    let film = film();
    fs::remove_file(film.file("rung1/seg00002.m4s")).unwrap();
    let [of_package, of_playlist] = film.said();
    assert_eq!(of_package, ["rung 1, segment 2: rung1/seg00002.m4s is missing"]);
    let [problem] = &of_playlist[..] else { panic!("{of_playlist:?}") };
    assert!(problem.starts_with("rung 1, segment 2: ") && problem.contains("is missing ("));
    let rung = &inspect(&film.package.media_folder()).unwrap().rungs[1];
    assert!((rung.segments, rung.mean.is_some()) == (4, true), "the others are measured");
}

#[test]
fn a_segment_that_begins_one_tick_late_is_found_everywhere() {
    let film = film();
    film.edit("rung1/seg00001.m4s", |bytes| delay(bytes));
    let [of_package, of_playlist] = film.said();
    let tick = "0.081 ms";
    let expected = [
        format!("rung 1, segment 1: a gap of {tick} before it"),
        format!("rung 1, segment 1: its first frame is shown {tick} later than that of rung 0"),
        format!("rung 1, segment 2: it overlaps the segment before by {tick}"),
    ];
    assert_eq!(of_package[0], "rung 1, segment 1: it has changed since it was made");
    assert_eq!(of_package[1..], expected);
    // The listing turns after four segments, where timestamps may jump.
    assert_eq!(of_playlist[..3], expected);
    assert_eq!(of_playlist.len(), 5, "segment 5 is segment 1 again: {of_playlist:?}");
}

#[test]
fn a_segment_that_does_not_begin_with_a_key_frame_is_found() {
    let film = film();
    film.edit("rung0/seg00003.m4s", |bytes| {
        let at = inside(bytes, b"trun");
        let flags = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(flags & 5, 5, "an offset, and flags of the first sample");
        bytes[at + 12..at + 16].copy_from_slice(&0x0101_0000u32.to_be_bytes());
    });
    let expected = "rung 0, segment 3: it does not begin with a key frame";
    let [of_package, of_playlist] = film.said();
    assert!(of_package.contains(&expected.to_owned()), "{of_package:?}");
    assert_eq!(of_playlist, [expected]);
}

#[test]
fn files_that_are_cut_off_or_nonsense_are_named() {
    let film = film();
    film.edit("rung0/seg00000.m4s", |bytes| bytes.truncate(bytes.len() - 1));
    film.edit("rung0/seg00001.m4s", |bytes| bytes.clear());
    film.edit("rung0/seg00002.m4s", |bytes| bytes.fill(b'x'));
    let [of_package, _] = film.said();
    assert_eq!(of_package[0], "rung 0, segment 0: it ends in the middle of a box");
    assert_eq!(of_package[1], "rung 0, segment 1: it has no pictures");
    assert!(of_package[2].starts_with("rung 0, segment 2: "), "{of_package:?}");
    assert_eq!(of_package.len(), 3);

    fs::remove_file(film.file("rung1/init.mp4")).unwrap();
    fs::write(film.file("rung1/more"), "").unwrap();
    let [of_package, of_playlist] = film.said();
    assert!(of_package[0].starts_with("rung 1: its initialization section rung1/init.mp4: "));
    assert_eq!(of_package[1], "rung1/more does not belong to it");
    let with_init = |said: &&String| said.contains("its initialization section: ");
    assert_eq!(of_playlist.iter().filter(with_init).count(), 6);
}

#[test]
fn a_segment_cut_off_anywhere_is_never_in_order() {
    let film = film();
    let whole = fs::read(film.file("rung0/seg00000.m4s")).unwrap();
    // Every length of the head, and some of the pictures.
    let head = inside(&whole, b"mdat") + 8;
    for length in (0..head).chain((head..whole.len()).step_by(997)) {
        fs::write(film.file("rung0/seg00000.m4s"), &whole[..length]).unwrap();
        assert!(!problems(&film.site).is_empty(), "{length}");
    }
}

#[test]
fn playlists_are_held_to_what_they_say() {
    let film = film();
    let change = |name: &str, from: &str, to: &str| {
        let path = film.site.join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let said = problems(&film.site);
        fs::write(&path, text).unwrap();
        said
    };
    let peak = film.package.rungs[1].peak.bps();
    let low =
        change("master.m3u8", &format!("BANDWIDTH={peak}"), &format!("BANDWIDTH={}", peak / 2));
    assert!(low.iter().any(|said| said.starts_with("rung 1: its peak of ")), "{low:?}");
    let longer = change("rung0.m3u8", "EXTINF:1.0", "EXTINF:1.6");
    assert_eq!(
        longer,
        [
            "rung 0, segment 0: it is declared to last 1600.000 ms, with a target duration of 1 s",
            "rung 0, segment 0: it lasts 1000.000 ms where 1600.000 ms are declared"
        ]
    );
    let jump = change("rung0.m3u8", "#EXT-X-DISCONTINUITY\n", "");
    assert_eq!(jump, ["rung 0, segment 4: it overlaps the segment before by 4000.000 ms"]);
    let broken = change("rung0.m3u8", "#EXT-X-ENDLIST\n", "");
    assert!(broken[0].starts_with("rung 0: its playlist: ") && broken.len() == 1, "{broken:?}");
    let elsewhere = change("rung0.m3u8", "media/rung0/seg00000.m4s", "http://cdn/0.m4s");
    assert_eq!(elsewhere, ["rung 0, segment 0: http://cdn/0.m4s is not a local file"]);
}

#[test]
fn a_package_of_sizes_has_only_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Sized(reference("pensieve/size"));
    let package = make(&media(source, 20), folder.path()).unwrap();
    let found = inspect(&package.media_folder()).unwrap();
    assert!(found.in_order(), "{found}");
    assert!(found.notes.iter().any(|note| note.contains("only sizes")), "{:?}", found.notes);
    assert_eq!(found.rungs.len(), 6);
    assert_eq!(found.rungs[5].mean, Some(package.rungs[5].mean));
    fs::write(package.media_folder().join("rung3/seg00001.m4s"), "short").unwrap();
    let said = problems(&package.media_folder());
    assert_eq!(said, ["rung 3, segment 1: it has changed since it was made"]);
}

#[test]
fn a_video_file_is_measured_by_its_groups_of_pictures() {
    let found = inspect(&reference("film/clip.mp4")).unwrap();
    assert_eq!((found.kind, found.in_order()), (Kind::Video, true), "{found}");
    let rung = &found.rungs[0];
    assert_eq!((&*rung.name, rung.width, rung.height), ("clip.mp4", Some(1024), Some(576)));
    assert_eq!((rung.target, rung.target_duration), (None, None));
    assert!(rung.peak >= rung.mean && rung.mean.is_some(), "{rung:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gap.mp4");
    let source = "-f lavfi -i testsrc2=s=96x54:r=25:d=4 -g 25 -bf 0 -c:v libx264";
    let dropped = "-vf select=not(between(n\\,30\\,39)) -fps_mode vfr";
    video(&path, &format!("{source} {dropped}"));
    assert_eq!(
        problems(&path),
        ["rung 0, segment 1: a gap of 400.000 ms after the frame at 1160.000 ms"]
    );
}

#[test]
fn transport_streams_are_looked_into_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc2=s=96x54:r=24:d=4 -g 24 -sc_threshold 0 -c:v libx264";
    let list = "-f hls -hls_time 1 -hls_list_size 0 -hls_playlist_type vod";
    let name = |name: &str| folder.path().join(name).display().to_string();
    video(
        Path::new(&name("low.m3u8")),
        &format!("{source} {list} -hls_segment_filename {}", name("low%d.ts")),
    );
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000000\nlow.m3u8\n";
    fs::write(name("master.m3u8"), master).unwrap();
    let found = inspect(folder.path()).unwrap();
    assert!(found.in_order(), "{found}");
    assert_eq!((found.rungs[0].segments, found.rungs[0].target), (4, None));
    // Another second in between.
    fs::copy(name("low0.ts"), name("low2.ts")).unwrap();
    let said = problems(folder.path());
    let expected = "rung 0, segment 2: it overlaps the segment before by 2000.000 ms";
    assert!(said.contains(&expected.to_owned()), "{said:?}");
}

#[test]
fn what_is_no_content_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| {
        let error = format!("{:#}", inspect(path).unwrap_err());
        assert!(error.starts_with(&format!("{} cannot be inspected", path.display())), "{error}");
        error
    };
    assert!(refused(&folder.path().join("nothing")).contains("No such file"));
    assert!(refused(folder.path()).contains("holds neither package.json nor master.m3u8"));
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let media = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXT-X-ENDLIST\n";
    assert!(
        refused(&file("low.m3u8", media)).contains("a media playlist, where a master playlist")
    );
    assert!(refused(&file("html.m3u8", "<html>")).contains("does not begin with #EXTM3U"));
    assert!(refused(&file("note.txt", "words")).ends_with("it is a text"));
    assert!(refused(&file("empty.mp4", "")).ends_with("it is empty"));
    refused(&file("noise.mp4", "\0\x01\x02\x03 no video"));
    fs::write(folder.path().join("package.json"), "{}").unwrap();
    assert!(refused(folder.path()).contains("package.json: missing field"));
}

#[test]
fn the_two_forms_of_a_result_say_the_same() {
    let film = film();
    film.edit("rung1/seg00001.m4s", |bytes| delay(bytes));
    let found: Inspection = inspect(&film.package.media_folder()).unwrap();
    let json = serde_json::to_value(&found).unwrap();
    let (rung, known) = (&json["rungs"][1], &film.package.rungs[1]);
    assert_eq!(
        (json["kind"].as_str(), rung["target_bps"].as_u64()),
        (Some("package"), Some(200_000))
    );
    assert_eq!(rung["mean_bps"].as_u64(), Some(known.mean.bps()));
    assert_eq!(rung["shortest_us"].as_u64(), Some(1_000_000));
    let largest = film.package.sizes.iter().map(|row| row[1]).max();
    assert_eq!(rung["largest_bytes"].as_u64(), largest.map(Bytes::get));
    assert_eq!(json["problems"][0]["segment"].as_u64(), Some(1));

    let text = found.to_string();
    assert!(text.contains("160x90") && text.contains("1 rung1"), "{text}");
    assert!(text.contains("problem: rung 1, segment 1: a gap of 0.081 ms before it\n"), "{text}");
    assert!(text.ends_with("\n4 problems"), "{text}");
}
