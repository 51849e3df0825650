//! The sources of the workspace, for tests about how they are written.

use crate::program::workspace;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of Rust, by its path from the folder of the workspace, such as `sim/trace/src/lib.rs`.
pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    /// The crate's folder, such as `sim/trace`.
    pub fn home(&self) -> String {
        let parts: Vec<_> = self.path.iter().take(2).map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }

    /// Its path from the folder `src` of its crate; `None` if it is elsewhere, as tests are.
    pub fn in_src(&self) -> Option<&Path> {
        self.path.strip_prefix(Path::new(&self.home()).join("src")).ok()
    }

    /// Its tree.
    pub fn parse(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| {
            let line = error.span().start().line;
            panic!("{}:{line}: {error}", self.path.display())
        })
    }
}

/// All files of Rust of all crates, sorted.
pub fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![workspace().join("sim"), workspace().join("players")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(workspace()).unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whether something is there in tests only.
pub fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        syn::Meta::NameValue(_) => false,
    })
}
