//! Published tables of sizes, served as files of these sizes.

use crate::common::{make, media, reference};
use std::fs;
use std::os::unix::fs::MetadataExt;
use weir_media::{Package, Request, check};
use weir_plan::Source;
use weir_units::{BitRate, Bytes, Span};

fn package(name: &str, seconds: u64) -> (Package, tempfile::TempDir) {
    let cache = tempfile::tempdir().unwrap();
    let media = media(Source::Sized(reference(name)), seconds);
    (make(&media, cache.path()).unwrap(), cache)
}

/// The disk that all files of a package take, but for its description.
fn disk(package: &Package) -> u64 {
    let rungs =
        (0..package.rungs.len()).map(|rung| package.media_folder().join(format!("rung{rung}")));
    let files = rungs.flat_map(|folder| fs::read_dir(folder).unwrap());
    files.map(|file| file.unwrap().metadata().unwrap().blocks() * 512).sum()
}

#[test]
fn sabres_film_is_served_as_it_was_published() {
    let (package, _cache) = package("sabre/bbb.json", 3600);
    assert_eq!((package.segments(), package.segment), (199, Span::from_s(3)));
    let targets: Vec<_> = package.rungs.iter().map(|rung| rung.target.bps() / 1000).collect();
    assert_eq!(targets, [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000]);
    // The first row of the file is 886360 ... 20657480 bits.
    assert_eq!(package.sizes[0][0], Bytes::new(110_795));
    assert_eq!(package.sizes[0][9], Bytes::new(2_582_185));
    let file = package.media_folder().join("rung9/seg00000.m4s");
    assert_eq!(fs::metadata(file).unwrap().len(), 2_582_185);
    assert!(package.warnings.is_empty(), "{:?}", package.warnings);
}

#[test]
fn a_ladder_up_to_35_mbit_per_second_takes_no_disk() {
    let (package, _cache) = package("sabre/bbb4k.json", 3600);
    let top = package.rungs.last().unwrap();
    assert_eq!(top.target, BitRate::from_bps(35_000_000));
    assert!(top.mean.bps() > 34_000_000 && top.peak.bps() > 50_000_000);
    assert_eq!(disk(&package), 0);
}

#[test]
fn pensieves_film_is_served_as_it_was_published() {
    let (package, _cache) = package("pensieve/size", 3600);
    assert_eq!((package.segments(), package.segment), (49, Span::from_s(4)));
    let targets: Vec<_> = package.rungs.iter().map(|rung| rung.target.bps() / 1000).collect();
    assert_eq!(targets, [300, 750, 1200, 1850, 2850, 4300]);
    assert_eq!(
        (package.sizes[0][0], package.sizes[0][5]),
        (Bytes::new(181_801), Bytes::new(2_354_772))
    );
}

#[test]
fn a_table_is_cut_to_the_length_that_is_asked_for() {
    let (package, _cache) = package("sabre/bbb.json", 60);
    assert_eq!((package.segments(), package.length()), (20, Span::from_s(60)));
    assert_eq!(package.warnings, ["only the first 60 s of the table's 597 s are used"]);
}

#[test]
fn a_table_with_a_hole_is_refused_by_segment_and_rung() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str| {
        let media = media(Source::Sized(folder.path().join(name)), 60);
        format!("{:#}", check(&Request { media: &media, file: None }).unwrap_err())
    };
    let text = fs::read_to_string(reference("sabre/bbb.json")).unwrap();
    let json = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    json("hole.json", text.replacen("1794368", "null", 1));
    assert_eq!(refusal("hole.json"), "segment 1 has no size at rung 3");
    json("short.json", text.replacen(", 16600640", "", 1));
    assert_eq!(refusal("short.json"), "segment 1 has no size at rung 9");
    json("half.json", text[..text.len() / 2].to_owned());
    assert!(refusal("half.json").contains("EOF"), "{}", refusal("half.json"));
    assert!(refusal("missing.json").contains("No such file"));

    let pensieve = folder.path().join("pensieve");
    fs::create_dir(&pensieve).unwrap();
    for rung in 0..6 {
        let name = format!("video_size_{rung}");
        fs::copy(reference("pensieve/size").join(&name), pensieve.join(&name)).unwrap();
    }
    let two = pensieve.join("video_size_2");
    let lines = fs::read_to_string(&two).unwrap();
    fs::write(&two, lines.lines().take(40).collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(refusal("pensieve"), "segment 40 has no size at rung 2");
    fs::remove_file(&two).unwrap();
    assert_eq!(refusal("pensieve"), "rung 2 has no sizes: there is no video_size_2");
}
