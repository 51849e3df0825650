//! Which file a path means: the names that each module of a crate binds, and where they lead.

use crate::sources::is_test;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A module of a crate, from its root.
pub type Module = Vec<String>;

/// What a path means.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    Module(Module),
    /// Something that this module holds.
    ItemOf(Module),
}

/// What one module binds.
#[derive(Default)]
struct Scope {
    /// What it defines itself.
    items: BTreeSet<String>,
    /// What it imports, and whether for others too.
    uses: BTreeMap<String, (Vec<String>, bool)>,
    globs: Vec<Vec<String>>,
}

/// The names of a crate.
#[derive(Default)]
pub struct Names {
    scopes: BTreeMap<Module, Scope>,
    /// The file of each module.
    files: BTreeMap<Module, PathBuf>,
}

/// The module that a file of `src` is.
pub fn module_of(file: &Path) -> Module {
    let plain = file.with_extension("");
    let mut parts: Module = plain.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// One import, with its segments and the name that it binds; `None` for all names there.
pub struct Import {
    pub path: Vec<String>,
    pub name: Option<String>,
    pub line: usize,
}

/// The imports of a `use`.
pub fn imports(item: &syn::ItemUse) -> Vec<Import> {
    fn walk(tree: &syn::UseTree, before: &[String], found: &mut Vec<Import>) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        let last = before.last().cloned();
        match tree {
            syn::UseTree::Path(path) => walk(&path.tree, &with(&path.ident), found),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| walk(item, before, found));
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                let line = name.ident.span().start().line;
                found.push(Import { path: before.to_vec(), name: last, line });
            }
            syn::UseTree::Name(name) => {
                let (path, name, line) =
                    (with(&name.ident), name.ident.to_string(), name.ident.span().start().line);
                found.push(Import { path, name: Some(name), line });
            }
            syn::UseTree::Rename(name) => {
                let line = name.ident.span().start().line;
                let path = if name.ident == "self" { before.to_vec() } else { with(&name.ident) };
                found.push(Import { path, name: Some(name.rename.to_string()), line });
            }
            syn::UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                found.push(Import { path: before.to_vec(), name: None, line });
            }
        }
    }
    let mut found = Vec::new();
    if item.leading_colon.is_none() {
        walk(&item.tree, &[], &mut found);
    }
    found
}

/// Whether a `use` is for others too.
pub fn is_for_others(item: &syn::ItemUse) -> bool {
    !matches!(item.vis, syn::Visibility::Inherited)
}

impl Names {
    /// Adds what a file binds.
    pub fn add(&mut self, file: &Path, tree: &syn::File) {
        let module = module_of(file);
        self.scopes.entry(module.clone()).or_default();
        self.files.insert(module.clone(), file.to_owned());
        let mut binding = Binding { names: self, module, file };
        binding.visit_file(tree);
    }

    /// The file in which a module stands.
    pub fn file(&self, module: &[String]) -> Option<&Path> {
        self.files.get(module).map(PathBuf::as_path)
    }

    /// What `path` means in a module; `None` if that is nothing of this crate.
    pub fn meaning(&self, module: &[String], path: &[String]) -> Option<Meaning> {
        self.from(module, path, 0)
    }

    /// Whether a module imports this name for others too.
    pub fn passes_on(&self, module: &[String], name: &str) -> bool {
        let scope = self.scopes.get(module);
        scope.and_then(|scope| scope.uses.get(name)).is_some_and(|(_, for_others)| *for_others)
    }

    /// The names that a module binds.
    pub fn bound(&self, module: &[String]) -> Vec<String> {
        let scope = self.scopes.get(module).into_iter();
        scope.flat_map(|scope| scope.items.iter().chain(scope.uses.keys()).cloned()).collect()
    }

    fn from(&self, module: &[String], path: &[String], depth: usize) -> Option<Meaning> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.within(&[], rest, depth),
            "self" => self.within(module, rest, depth),
            "super" => self.within(module.split_last()?.1, rest, depth),
            _ if self.binds(module, first, depth) => self.within(module, path, depth),
            _ => None,
        }
    }

    /// What a path means that begins in a module.
    fn within(&self, module: &[String], path: &[String], depth: usize) -> Option<Meaning> {
        /// Where imports lead to each other.
        const DEEPEST: usize = 32;
        let Some((first, rest)) = path.split_first() else {
            return Some(Meaning::Module(module.to_vec()));
        };
        if first == "super" {
            return self.within(module.split_last()?.1, rest, depth);
        }
        let scope = self.scopes.get(module).filter(|_| depth < DEEPEST)?;
        let child = [module, std::slice::from_ref(first)].concat();
        let is_child = self.scopes.contains_key(&child);
        if is_child && !(rest.is_empty() && scope.uses.contains_key(first)) {
            return self.within(&child, rest, depth);
        }
        if let Some((path, _)) = scope.uses.get(first) {
            return match self.from(module, path, depth + 1)? {
                Meaning::Module(module) => self.within(&module, rest, depth),
                item @ Meaning::ItemOf(_) => Some(item),
            };
        }
        if !scope.items.contains(first) {
            for glob in &scope.globs {
                if let Some(Meaning::Module(there)) = self.from(module, glob, depth + 1)
                    && there != module
                    && self.binds(&there, first, depth + 1)
                {
                    return self.within(&there, path, depth + 1);
                }
            }
        }
        // What a macro defines is nowhere to be seen.
        Some(Meaning::ItemOf(module.to_vec()))
    }

    fn binds(&self, module: &[String], name: &str, depth: usize) -> bool {
        let Some(scope) = self.scopes.get(module).filter(|_| depth < 8) else {
            return false;
        };
        let child = [module, &[name.to_owned()]].concat();
        let by_glob = |glob: &Vec<String>| match self.from(module, glob, depth + 1) {
            Some(Meaning::Module(there)) => there != module && self.binds(&there, name, depth + 1),
            _ => false,
        };
        scope.items.contains(name)
            || scope.uses.contains_key(name)
            || self.scopes.contains_key(&child)
            || scope.globs.iter().any(by_glob)
    }
}

/// Collects what a file binds.
struct Binding<'a> {
    names: &'a mut Names,
    module: Module,
    file: &'a Path,
}

impl Visit<'_> for Binding<'_> {
    fn visit_item(&mut self, item: &syn::Item) {
        let (attributes, name) = match item {
            syn::Item::Const(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            syn::Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            syn::Item::Static(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Type(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Union(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Mod(item) => (&item.attrs, None),
            syn::Item::Use(item) => (&item.attrs, None),
            _ => return visit::visit_item(self, item),
        };
        if is_test(attributes) {
            return;
        }
        if let Some(name) = name {
            let scope = self.names.scopes.entry(self.module.clone()).or_default();
            scope.items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        if item.content.is_some() {
            self.module.push(item.ident.to_string());
            self.names.scopes.entry(self.module.clone()).or_default();
            self.names.files.insert(self.module.clone(), self.file.to_owned());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        let scope = self.names.scopes.entry(self.module.clone()).or_default();
        for import in imports(item) {
            match import.name {
                None => scope.globs.push(import.path),
                Some(name) => {
                    scope.uses.entry(name).or_insert((import.path, is_for_others(item)));
                }
            }
        }
    }
}
