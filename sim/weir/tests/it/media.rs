//! `weir media`: what it says of content, in words, in JSON and by its exit code.

use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::fs;
use std::path::Path;
use weir_plan::{Ladder, Media, Source};
use weir_units::Span;

#[test]
fn content_in_order_is_0_with_problems_1_and_none_2() {
    let scratch = Scratch::new("media");
    write_table(&scratch.0);
    let media = Media {
        source: Source::Sized(scratch.0.join("table.json")),
        segment: Span::from_s(2),
        ladder: Ladder { name: "none".to_owned(), rungs: Vec::new() },
        length: Span::from_s(20),
        loops: true,
    };
    let request = weir_media::Request { media: &media, file: None };
    let package = weir_media::prepare(&request, &scratch.0, &mut |_| {}).unwrap();
    let folder = package.media_folder();
    let inspect = |more: &[&str]| {
        let path = folder.to_str().unwrap();
        weir(Path::new("/"), &[&["media", "inspect", path], more].concat())
    };

    let output = inspect(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).ends_with("all in order\n"), "{}", said(&output));

    fs::remove_file(folder.join("rung1/seg00000.m4s")).unwrap();
    let output = inspect(&["--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &found["problems"][0];
    assert_eq!((problem["rung"].as_u64(), problem["segment"].as_u64()), (Some(1), Some(0)));

    fs::remove_file(folder.join("package.json")).unwrap();
    let output = inspect(&[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("holds neither package.json nor master.m3u8"));
}
