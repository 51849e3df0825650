//! Playlists say what is there, and no more.

use crate::common::{make, media, reference, run, site};
use std::fs;
use std::os::unix::fs::MetadataExt;
use weir_media::{MAX_SEGMENTS, write_playlists};
use weir_plan::Source;
use weir_units::Span;

#[test]
fn a_film_can_be_played_by_its_master_playlist() {
    let folder = tempfile::tempdir().unwrap();
    let package = make(&media(Source::Scenes, 3), folder.path()).unwrap();
    let root = folder.path().join("site");
    site(&package, Span::from_s(5), &root);
    let master = root.join("master.m3u8");
    let text = fs::read_to_string(&master).unwrap();
    assert!(text.contains("#EXT-X-INDEPENDENT-SEGMENTS\n"), "{text}");
    for (index, rung) in package.rungs.iter().enumerate() {
        let line = format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},RESOLUTION={}x{},CODECS=\"{}\"\n\
             rung{index}.m3u8\n",
            rung.peak.bps(),
            rung.mean.bps(),
            rung.width.unwrap(),
            rung.height.unwrap(),
            rung.codecs.as_ref().unwrap()
        );
        assert!(text.contains(&line), "{text}");
    }
    let entries = ["-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"];
    let seen =
        run("ffprobe", &[&["-v", "error"], &entries[..], &[master.to_str().unwrap()]].concat());
    for line in ["h264,96,54", "h264,160,90"] {
        assert!(seen.lines().any(|seen| seen == line), "{seen}");
    }
}

#[test]
fn sizes_loop_with_the_playlists_and_nothing_shows_when_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Sized(reference("pensieve/size"));
    let package = make(&media(source, 8), folder.path()).unwrap();
    let root = folder.path().join("site");
    write_playlists(&package, Span::from_s(17), &root).unwrap();
    let sizes = fs::read_to_string(root.join("sizes.json")).unwrap();
    let sizes: serde_json::Value = serde_json::from_str(&sizes).unwrap();
    let sizes: Vec<Vec<u64>> = serde_json::from_value(sizes["sizes"].clone()).unwrap();
    assert_eq!(sizes.len(), 5, "17 s are five segments of 4 s");
    assert_eq!((&sizes[2], &sizes[4]), (&sizes[0], &sizes[0]));
    assert_eq!(sizes[1][5], package.sizes[1][5].get());

    let text = fs::read_to_string(root.join("rung5.m3u8")).unwrap();
    let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n\
        #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXTINF:4.000000000,\nmedia/rung5/seg00000.m4s\n\
        #EXTINF:4.000000000,\nmedia/rung5/seg00001.m4s\n#EXT-X-DISCONTINUITY\n\
        #EXTINF:4.000000000,\nmedia/rung5/seg00000.m4s\n\
        #EXTINF:4.000000000,\nmedia/rung5/seg00001.m4s\n#EXT-X-DISCONTINUITY\n\
        #EXTINF:4.000000000,\nmedia/rung5/seg00000.m4s\n#EXT-X-ENDLIST\n";
    assert_eq!(text, expected);
    for name in ["", "master.m3u8", "rung0.m3u8", "sizes.json"] {
        assert_eq!(fs::metadata(root.join(name)).unwrap().mtime(), 1_704_067_200, "{name}");
    }
}

#[test]
fn a_listing_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Sized(reference("pensieve/size"));
    let package = make(&media(source, 8), folder.path()).unwrap();
    let longest = package.segment.checked_mul(MAX_SEGMENTS as u64).unwrap();
    let root = folder.path().join("site");
    write_playlists(&package, longest, &root).unwrap();
    let longer = longest.saturating_add(Span::from_ns(1));
    let error = write_playlists(&package, longer, &root).unwrap_err().to_string();
    assert!(error.contains("100001 segments of 4 s: a playlist lists at most 100000"), "{error}");
    write_playlists(&package, Span::MAX, &root).unwrap_err();
    write_playlists(&package, Span::ZERO, &root).unwrap();
    let text = fs::read_to_string(root.join("rung0.m3u8")).unwrap();
    assert_eq!(text.matches("#EXTINF").count(), 2, "the content is always listed once");
}
