//! What every file keeps to: short functions, short files, comments that fit, a header, and names
//! that mean one thing.
//!
//! What is listed as an exception is what is left to do: a list only gets shorter, and an exception
//! that is not needed any more is an error.

use crate::program::workspace;
use crate::sources::{Source, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// Functions that are too long, each with its file.
const LONG_FUNCTIONS: [(&str, &str); 6] = [
    ("players/core/src/playlist/media.rs", "read"),
    ("sim/lab/src/run/replay.rs", "replay"),
    ("sim/lab/src/trial/run.rs", "run"),
    ("sim/report/tests/it/live_sample.rs", "watch"),
    ("sim/stats/src/derived/summary.rs", "summarise"),
    ("sim/switch/tests/it/origin.rs", "answer"),
];

/// Crates with comments that are too wide.
const WIDE_COMMENTS: [&str; 0] = [];

/// Crates with files without a header.
const WITHOUT_HEADERS: [&str; 0] = [];

/// Names of public types that three crates or more have, `Error` aside.
const COMMON_NAMES: [&str; 5] = ["Ended", "Kind", "Problem", "Progress", "Step"];

/// What is wrong, without what is excepted; and the exceptions that nothing needs. Every finding
/// has the exception that would stand for it.
fn judge<E: Ord + std::fmt::Debug>(findings: Vec<(E, String)>, exceptions: &[E], list: &str) {
    let excepted = |exception: &E| exceptions.contains(exception);
    let wrong = findings.iter().filter(|(exception, _)| !excepted(exception));
    let mut wrong: Vec<_> = wrong.map(|(_, words)| words.clone()).collect();
    let found: BTreeSet<_> = findings.iter().map(|(exception, _)| exception).collect();
    let idle = exceptions.iter().filter(|exception| !found.contains(exception));
    wrong.extend(idle.map(|exception| format!("{exception:?} is well now: take it out of {list}")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The functions of a file: their names, their first lines and how many they have.
#[derive(Default)]
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let (first, last) = (signature.span().start().line, body.span().end().line);
        self.0.push((signature.ident.to_string(), first, last + 1 - first));
    }
}

impl Visit<'_> for Functions {
    fn visit_item_fn(&mut self, function: &syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// The functions of a source with more lines than may be, from the signature to the end.
fn long_functions(source: &Source) -> Vec<(String, String)> {
    const LINES: usize = 70;
    let mut functions = Functions::default();
    functions.visit_file(&source.parse());
    let long = functions.0.into_iter().filter(|(_, _, lines)| *lines > LINES);
    let shown = source.path.display();
    let words = |(name, line, lines)| {
        let why = format!("{shown}:{line}: {name} has {lines} lines (at most {LINES}): split it");
        (name, why)
    };
    long.map(words).collect()
}

/// The lines of a source that are comments wider than may be. Code is what rustfmt makes of it, and
/// an address cannot be broken.
fn wide_comments(source: &Source) -> Vec<String> {
    const COLUMNS: usize = 100;
    let numbered = source.text.lines().zip(1_usize..);
    let wide = numbered.filter(|(line, _)| {
        let comment = line.trim_start();
        comment.starts_with("//") && line.chars().count() > COLUMNS && !comment.contains("://")
    });
    let shown = source.path.display();
    let words = |(_, number): (&str, usize)| {
        format!("{shown}:{number}: the comment has more than {COLUMNS} columns: break it")
    };
    wide.map(words).collect()
}

#[test]
fn no_function_is_longer_than_70_lines() {
    let mut long = Vec::new();
    let sources = sources();
    for source in &sources {
        let path = source.path.to_str().unwrap();
        let found = long_functions(source).into_iter();
        long.extend(found.map(|(name, words)| ((path, name), words)));
    }
    let exceptions = LONG_FUNCTIONS.map(|(path, name)| (path, name.to_owned()));
    judge(long, &exceptions, "LONG_FUNCTIONS");
}

#[test]
fn no_file_is_longer_than_600_lines() {
    const LINES: usize = 600;
    let sized = sources().into_iter().map(|source| (source.text.lines().count(), source.path));
    let long = sized.filter(|(lines, _)| *lines > LINES).map(|(lines, path)| {
        let words = format!("{}:{LINES}: the file has {lines} lines: split it", path.display());
        (path.display().to_string(), words)
    });
    judge(long.collect(), &[], "this test");
}

#[test]
fn no_comment_is_wider_than_100_columns() {
    let mut wide = Vec::new();
    for source in sources() {
        let home = source.home();
        wide.extend(wide_comments(&source).into_iter().map(|words| (home.clone(), words)));
    }
    judge(wide, &WIDE_COMMENTS.map(str::to_owned), "WIDE_COMMENTS");
}

#[test]
fn every_file_says_what_it_is() {
    let sources = sources().into_iter().filter(|source| source.in_src().is_some());
    let silent = sources.filter(|source| !source.text.starts_with("//! ")).map(|source| {
        let shown = source.path.display();
        (
            source.home(),
            format!("{shown}:1: the file has no header: begin it with `//! What it is`"),
        )
    });
    judge(silent.collect(), &WITHOUT_HEADERS.map(str::to_owned), "WITHOUT_HEADERS");
}

/// The public types that a source defines, with their lines.
fn public_types(source: &Source) -> Vec<(String, usize)> {
    struct Types(Vec<(String, usize)>);
    impl Visit<'_> for Types {
        fn visit_item(&mut self, item: &syn::Item) {
            let (visibility, name) = match item {
                syn::Item::Struct(item) => (&item.vis, &item.ident),
                syn::Item::Enum(item) => (&item.vis, &item.ident),
                syn::Item::Trait(item) => (&item.vis, &item.ident),
                syn::Item::Type(item) => (&item.vis, &item.ident),
                _ => return visit::visit_item(self, item),
            };
            if matches!(visibility, syn::Visibility::Public(_)) {
                self.0.push((name.to_string(), name.span().start().line));
            }
        }
    }
    let mut types = Types(Vec::new());
    types.visit_file(&source.parse());
    types.0
}

#[test]
fn no_public_type_has_the_name_of_those_of_two_other_crates() {
    const CRATES: usize = 3;
    let mut places = BTreeMap::<String, BTreeMap<String, String>>::new();
    for source in sources().iter().filter(|source| source.in_src().is_some()) {
        for (name, line) in public_types(source) {
            let place = format!("{}:{line}", source.path.display());
            places.entry(name).or_default().entry(source.home()).or_insert(place);
        }
    }
    let common =
        places.into_iter().filter(|(name, crates)| name != "Error" && crates.len() >= CRATES);
    let words = |(name, crates): (String, BTreeMap<String, String>)| {
        let places: Vec<_> = crates.into_values().collect();
        let words = format!("{}: {name} means several things: rename some", places.join(", "));
        (name, words)
    };
    judge(common.map(words).collect(), &COMMON_NAMES.map(str::to_owned), "COMMON_NAMES");
}

#[test]
fn long_functions_and_wide_comments_are_found_where_they_are() {
    let body = "    f();\n".repeat(69);
    let wide = format!("    /// {}\n", "é ".repeat(47));
    let text = format!("{wide}{}\n\n{wide}/// x\nfn long() {{\n{body}}}\n", &wide[4..]);
    let source = Source { path: "sim/x/src/lib.rs".into(), text };
    let why = "sim/x/src/lib.rs:7: long has 71 lines (at most 70): split it";
    assert_eq!(long_functions(&source), [("long".to_owned(), why.to_owned())]);
    let lines: Vec<_> = wide_comments(&source);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("sim/x/src/lib.rs:5: "), "{lines:?}");
}

#[test]
#[should_panic(expected = "\"b\" is well now: take it out of LIST")]
fn an_exception_that_nothing_needs_is_an_error() {
    judge(vec![("a", "a is wrong".to_owned())], &["a", "b"], "LIST");
}

/// Paths that the papers name in backticks, as far as they are no patterns.
fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    const FOLDERS: [&str; 7] =
        ["sim/", "players/", "topologies/", "experiments/", "results/", "notebooks/", "scripts/"];
    let quoted = text.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)));
    // What is written in capitals stands for a name, but in the names of papers.
    let is_pattern = |path: &str| {
        path.contains([' ', '*', '=']) || path.ends_with(|c: char| c.is_ascii_uppercase())
    };
    paths.filter(move |path| !is_pattern(path))
}

#[test]
fn every_path_that_the_papers_name_is_there() {
    let mut gone = String::new();
    for paper in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let text = fs::read_to_string(workspace().join(paper)).unwrap();
        for path in paths_in(&text).filter(|path| !workspace().join(path).exists()) {
            gone += &format!("{paper} names {path}, which is not there\n");
        }
    }
    assert!(gone.is_empty(), "\n{gone}");
    assert_eq!(paths_in("`sim/a` `b` `sim/NAME` `scripts/x Y`").collect::<Vec<_>>(), ["sim/a"]);
}
