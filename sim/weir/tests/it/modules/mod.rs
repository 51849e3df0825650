//! No modules of a crate form a circle: neither files, nor the files and folders beside each other.
//!
//! What counts:
//!
//! - A file uses another if it imports something that is defined there, or names it by its path. A
//!   re-export is looked through: who takes `super::Name` from a `mod.rs` that passes the name on
//!   uses the file in which it is defined. So a `mod.rs` that only declares, re-exports and
//!   documents is in no circle, whoever uses it.
//! - What a `mod.rs` or `lib.rs` defines itself is used like that of any other file. Where a child
//!   takes something from its parent, and the code of the parent takes something from the child,
//!   the two form a circle; what both need belongs into a file of its own. To declare a child, or
//!   to pass its names on, is no use of it.
//! - The uses of all files below a folder are those of the folder, and no folder may be in a circle
//!   with what lies beside it, even where its files are in none.
//! - What is there for tests only is left out.
//!
//! What is not seen: the methods of a value, which need no import; and what macros define, which is
//! taken for a part of the file that is named.

mod circles;
mod names;
mod uses;

use crate::sources::sources;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The crates that are not yet without circles, with those that are left. The list only gets
/// shorter: a crate in it that is clean is an error.
const KNOWN: [(&str, &str); 4] = [
    (
        "players/abr",
        "algorithms with registry (a macro lists them) and choice; sabre with its parts",
    ),
    ("players/core", "facts, live and playback; player with progress"),
    ("players/exec", "lib.rs and child"),
    ("sim/media", "inspect with its parts; table with its forms"),
];

#[test]
fn no_modules_of_a_crate_form_a_circle() {
    let mut crates = BTreeMap::<String, BTreeMap<PathBuf, syn::File>>::new();
    for source in sources() {
        if let Some(file) = source.in_src() {
            let files = crates.entry(source.home()).or_default();
            files.insert(file.to_owned(), source.parse());
        }
    }
    let mut wrong = String::new();
    for (home, files) in &crates {
        let circles = circles::circles(&uses::uses(files));
        match (circles.is_empty(), KNOWN.iter().any(|(known, _)| known == home)) {
            (false, false) => {
                for circle in circles {
                    wrong += &format!("{home}/src: move what both need below: {circle}\n");
                }
            }
            (true, true) => wrong += &format!("{home} is clean: take it out of KNOWN\n"),
            _ => {}
        }
    }
    for (home, _) in KNOWN.iter().filter(|(home, _)| !crates.contains_key(*home)) {
        wrong += &format!("{home} is in KNOWN, and there is no such crate\n");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The circles of a crate of these files.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let parsed = files.iter().map(|(path, text)| (path.into(), syn::parse_file(text).unwrap()));
    circles::circles(&uses::uses(&parsed.collect()))
}

#[test]
fn a_circle_of_imports_is_written_out() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; pub use a::A;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "\npub struct B;\npub fn b() -> usize {\n size_of::<super::A>()\n}"),
    ]);
    let lines = "\n    a.rs:1 uses crate::b::B\n    b.rs:4 uses super::A";
    assert_eq!(found, [format!("a.rs -> b.rs -> a.rs{lines}")]);
}

#[test]
fn of_a_knot_the_shortest_circle_is_written_out() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::c::C; pub struct B(C); pub struct Small;"),
        ("c.rs", "use crate::a::A; pub struct C(A, crate::b::Small);"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("b.rs -> c.rs -> b.rs (one of a knot of 3)\n"), "{found:?}");
}

#[test]
fn a_file_that_only_declares_and_passes_on_is_in_no_circle() {
    let found = circles_of(&[
        ("lib.rs", "//! A crate.\nmod a; mod b;\npub use a::{A, f};\npub use b::B;"),
        ("a.rs", "pub struct A; pub fn f() {}"),
        ("b.rs", "use crate::{A, f};\npub struct B(A);"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_parent_with_code_is_a_file_like_others() {
    let child = ("a/child.rs", "use super::Own;\npub fn child(_: Own) {}");
    let passes_on = "mod child;\npub use child::child;\npub struct Own;";
    assert_eq!(circles_of(&[("lib.rs", "mod a;"), ("a/mod.rs", passes_on), child]), [""; 0]);
    let uses = format!("{passes_on}\npub fn both() {{ println!(\"{{:?}}\", child(Own)) }}");
    let found = circles_of(&[("lib.rs", "mod a;"), ("a/mod.rs", &uses), child]);
    let lines = "\n    a/child.rs:1 uses super::Own\n    a/mod.rs:4 uses child";
    assert_eq!(found, [format!("a/child.rs -> a/mod.rs -> a/child.rs{lines}")]);
}

#[test]
fn folders_form_circles_where_their_files_form_none() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod low; mod high;\npub(crate) use low::Low;"),
        ("a/low.rs", "pub struct Low;"),
        ("a/high.rs", "use crate::b;\nfn f() { b::f(b::inner::G) }"),
        ("b.rs", "use crate::a::Low as Lowest;\npub mod inner { pub struct G; }\npub fn f() {}"),
    ]);
    let lines = "\n    a/high.rs:2 uses b::f\n    b.rs:1 uses crate::a::Low";
    assert_eq!(found, [format!("a/ -> b.rs -> a/{lines}")]);
}

#[test]
fn tests_and_names_of_modules_are_no_uses() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b;\n#[cfg(test)] mod tests;"),
        ("a.rs", "use crate::b;\n#[cfg(test)] mod tests { use crate::b::B; }\npub struct A;"),
        ("b.rs", "use crate::a::*;\npub struct B(A);"),
        ("tests.rs", "use crate::a::A;\npub const T: A = A;"),
    ]);
    assert_eq!(found, [""; 0]);
}
