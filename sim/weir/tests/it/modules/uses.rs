//! Which file of a crate uses which other.

use super::names::{Meaning, Module, Names, imports, is_for_others, module_of};
use crate::sources::is_test;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// The files of a crate that use each other, by their paths in `src`; and where, for each.
pub type Uses = BTreeMap<(PathBuf, PathBuf), Where>;

/// Where a file uses another.
#[derive(Clone)]
pub struct Where {
    pub line: usize,
    /// As it is written there.
    pub path: String,
}

/// Which files of a crate use each other. Tests are left out.
pub fn uses(files: &BTreeMap<PathBuf, syn::File>) -> Uses {
    let tests: BTreeSet<_> =
        files.iter().flat_map(|(file, tree)| only_for_tests(file, tree)).collect();
    let is_product = |file: &Path| {
        let module = module_of(file);
        !(0..=module.len()).any(|length| tests.contains(&module[..length]))
    };
    let files: Vec<_> = files.iter().filter(|(file, _)| is_product(file)).collect();
    let mut names = Names::default();
    files.iter().for_each(|(file, tree)| names.add(file, tree));
    let mut found = Uses::new();
    for (file, tree) in files {
        let mut using = Using { names: &names, module: module_of(file), file, found: &mut found };
        using.visit_file(tree);
    }
    found
}

/// The modules that a file declares for tests only.
fn only_for_tests(file: &Path, tree: &syn::File) -> Vec<Module> {
    let declared = tree.items.iter().filter_map(|item| match item {
        syn::Item::Mod(item) if is_test(&item.attrs) => Some(item.ident.to_string()),
        _ => None,
    });
    declared.map(|name| [module_of(file), vec![name]].concat()).collect()
}

/// Collects what a file uses.
struct Using<'a> {
    names: &'a Names,
    module: Module,
    file: &'a Path,
    found: &'a mut Uses,
}

impl Using<'_> {
    fn used(&mut self, meaning: Option<Meaning>, line: usize, path: &[String]) {
        // That a module is named is no use of it, but what is taken from it then.
        let Some(Meaning::ItemOf(module)) = meaning else {
            return;
        };
        let Some(file) = self.names.file(&module).filter(|file| *file != self.file) else {
            return;
        };
        let there = Where { line, path: path.join("::") };
        self.found.entry((self.file.to_owned(), file.to_owned())).or_insert(there);
    }

    fn path(&mut self, path: &[String], line: usize) {
        // A plain name that is imported was seen where it is; but what is passed on to others is
        // used only where it is named.
        if path.len() > 1 || self.names.passes_on(&self.module, &path[0]) {
            self.used(self.names.meaning(&self.module, path), line, path);
        }
    }

    /// The paths in what a macro is given, or is made of.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut after_dot = false;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) if !after_dot => {
                    let line = ident.span().start().line;
                    let mut path = vec![ident.to_string()];
                    let mut ahead = tokens.clone();
                    while ahead.next().is_some_and(|token| is_punct(&token, ':'))
                        && ahead.next().is_some_and(|token| is_punct(&token, ':'))
                        && let Some(TokenTree::Ident(next)) = ahead.next()
                    {
                        path.push(next.to_string());
                        tokens = ahead.clone();
                    }
                    self.path(&path, line);
                }
                _ => {}
            }
            // What follows a dot is a field or a method.
            after_dot = tokens.next_if(|token| is_punct(token, '.')).is_some();
        }
    }
}

fn is_punct(token: &TokenTree, which: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == which)
}

impl Visit<'_> for Using<'_> {
    fn visit_item(&mut self, item: &syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Const(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        if is_for_others(item) {
            return;
        }
        for import in imports(item) {
            let Some(_) = import.name else {
                // All names of a module: each of them.
                if let Some(Meaning::Module(there)) = self.names.meaning(&self.module, &import.path)
                {
                    for name in self.names.bound(&there) {
                        let path = [&import.path[..], &[name]].concat();
                        self.used(self.names.meaning(&self.module, &path), import.line, &path);
                    }
                }
                continue;
            };
            self.used(self.names.meaning(&self.module, &import.path), import.line, &import.path);
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        if path.leading_colon.is_none() {
            let line = path.segments[0].ident.span().start().line;
            let segments: Vec<_> =
                path.segments.iter().map(|part| part.ident.to_string()).collect();
            self.path(&segments, line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }

    // Attributes speak of other crates.
    fn visit_attribute(&mut self, _: &syn::Attribute) {}
}
