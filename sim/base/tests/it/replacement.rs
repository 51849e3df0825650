//! A file is replaced whole or not at all, and nothing outside of its folder is touched.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use weir_base::{Replacement, replace};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_there_whole_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    for text in ["first", "the second is longer", ""] {
        replace(&path, text.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(names(folder.path()), ["page.html"]);
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mine = elsewhere.path().join("mine");
    fs::write(&mine, "precious").unwrap();
    let path = folder.path().join("page.html");
    for link in [path.clone(), folder.path().join(".page.html.part")] {
        symlink(&mine, &link).unwrap();
        replace(&path, b"page").unwrap();
        assert_eq!(fs::read_to_string(&mine).unwrap(), "precious");
        assert_eq!(fs::read_to_string(&path).unwrap(), "page");
        assert!(path.symlink_metadata().unwrap().is_file(), "the link is gone");
        assert_eq!(names(folder.path()), ["page.html"]);
    }
}

#[test]
fn what_was_begun_and_not_finished_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    replace(&path, b"old").unwrap();
    let begun = Replacement::create(&path).unwrap();
    begun.file().write_all(b"new").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    drop(begun);
    assert_eq!((names(folder.path()).len(), fs::read_to_string(&path).unwrap()), (1, "old".into()));
}

#[test]
fn a_folder_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    fs::create_dir(&path).unwrap();
    replace(&path, b"page").unwrap_err();
    replace(&path.join(".."), b"page").unwrap_err();
    assert_eq!(names(folder.path()), ["page.html"]);
}
