//! The path of an axis, and how a value gets to it in the tree of an experiment.

use crate::document::{Data, Entry, Mark, Table, Value};
use std::sync::Arc;
use weir_plan::{Error, Place, clip, nearest};

/// The sections of an experiment that a trial depends on: the first step of every path.
pub(crate) const ROOTS: [&str; 14] = [
    "lab", "media", "topology", "nodes", "links", "tcp", "origins", "live", "services", "players",
    "traffic", "events", "phase", "interval",
];

/// Those that are one value, or can be.
pub(crate) const VALUES: [&str; 4] = ["lab", "topology", "phase", "interval"];

/// The keys of an experiment that a run has one value of.
pub(crate) const ONCE: [&str; 8] =
    ["name", "seed", "repeats", "record", "oracle", "expect", "watchdog", "sweep"];

/// The sections that are lists of tables: a path may name one table by its number, or all.
const LISTS: [&str; 4] = ["origins", "players", "traffic", "events"];

/// The keys of a link that a direction of it may have too.
const SHAPE: [&str; 7] =
    ["rate", "delay", "jitter", "reordering_jitter", "loss", "queue", "discipline"];

/// The directions of a link, as keys.
const DIRECTIONS: [&str; 2] = ["forward", "backward"];

/// More steps than any path of the formats has (`links.NAME.forward.loss.p` has five).
const MAX_STEPS: usize = 6;

/// Where in an experiment an axis puts its values.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// As it was written, such as `links.access.rate`.
    pub text: Arc<str>,
    /// Where it was written.
    pub place: Place,
    steps: Vec<String>,
}

impl Path {
    /// The path that is written at `place`.
    pub fn parse(text: &str, place: &Place) -> Result<Self, Error> {
        let steps: Vec<String> = text.split('.').take(MAX_STEPS + 1).map(str::to_owned).collect();
        let path = Self { text: text.into(), place: place.clone(), steps };
        let root = path.steps.first().map_or("", String::as_str);
        if ONCE.contains(&root) {
            let problem = format!("{:?} cannot vary within a run", clip(text));
            return Err(Error::at(place, problem).hint(format!("axes: {}", ROOTS.join(", "))));
        }
        if !ROOTS.contains(&root) || path.steps.len() > MAX_STEPS {
            let near = nearest(root, ROOTS).filter(|_| path.steps.len() <= MAX_STEPS);
            let near = near.map(|name| [&[name], path.from(1).as_slice()].concat().join("."));
            return Err(path.matches_nothing().among(root, "section", ROOTS).did_you_mean(near));
        }
        // An inline topology is one value; its nodes and links vary as those of a topology in a
        // file do.
        if root == "topology" && path.steps.len() > 1 {
            let part = path.steps.get(1).is_some_and(|step| step == "links" || step == "nodes");
            return Err(path
                .matches_nothing()
                .did_you_mean(part.then(|| path.from(1).join(".")))
                .hint("values of a topology are links.NAME.KEY and nodes.NAME.count"));
        }
        Ok(path)
    }

    fn from(&self, step: usize) -> Vec<&str> {
        self.steps.iter().skip(step).map(String::as_str).collect()
    }

    fn matches_nothing(&self) -> Error {
        Error::at(&self.place, format!("the axis {:?} matches nothing", clip(&self.text)))
    }

    /// Whether both set the same value somewhere, so that one would undo the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        let same = |(a, b): (&&str, &&str)| a == b || *a == "*" || *b == "*";
        self.pattern().iter().zip(&other.pattern()).all(same)
    }

    /// The steps, with `*` for the ones that a short form leaves out.
    fn pattern(&self) -> Vec<&str> {
        let mut steps = self.from(0);
        let root = steps.first().copied().unwrap_or_default();
        if LISTS.contains(&root) && steps.get(1).is_some_and(|step| step.parse::<usize>().is_err())
        {
            steps.insert(1, "*");
        }
        if root == "links" && steps.get(2).is_some_and(|step| SHAPE.contains(step)) {
            steps.insert(2, "*");
        }
        steps
    }

    /// Puts `value` there, in the tree of an experiment.
    pub fn put(&self, tree: &mut Value, value: &Value) -> Result<(), Error> {
        self.put_at(0, tree, value)?;
        self.clear_directions(tree);
        Ok(())
    }

    fn put_at(&self, step: usize, target: &mut Value, value: &Value) -> Result<(), Error> {
        let Some(key) = self.steps.get(step) else {
            *target = value.clone();
            return Ok(());
        };
        match &mut target.data {
            Data::Table(table) => {
                if table.get(key).is_none() {
                    table.entries.push(self.entry(step, key));
                }
                match table.get_mut(key) {
                    Some(inner) => self.put_at(step + 1, inner, value),
                    None => Err(self.matches_nothing()),
                }
            }
            Data::List(items) => match key.parse::<usize>() {
                Ok(number) => {
                    let there = items.len();
                    let item = items.get_mut(number).ok_or_else(|| {
                        self.matches_nothing().hint(format!("there are {there}, counted from 0"))
                    })?;
                    self.put_at(step + 1, item, value)
                }
                Err(_) if items.is_empty() => Err(self.matches_nothing()),
                Err(_) => items.iter_mut().try_for_each(|item| self.put_at(step, item, value)),
            },
            _ => Err(self
                .matches_nothing()
                .did_you_mean(Some(self.steps[..step].join(".")))
                .hint("there is one plain value")),
        }
    }

    /// A key that the file left to its default, or that does not exist: its reader will tell.
    fn entry(&self, step: usize, key: &str) -> Entry {
        Entry {
            key: key.to_owned(),
            place: self.place.clone(),
            made_by: Some(Mark { path: Arc::clone(&self.text), step }),
            value: Value { place: self.place.clone(), data: Data::Table(Table::default()) },
        }
    }

    /// A value of a link goes to both directions, also where the file says more about one.
    fn clear_directions(&self, tree: &mut Value) {
        let [root, name, key, part @ ..] = self.steps.as_slice() else { return };
        if root != "links" || !SHAPE.contains(&key.as_str()) {
            return;
        }
        let Some(link) = tree.inner(root).and_then(|links| links.inner(name)) else { return };
        for direction in DIRECTIONS {
            let Some(shape) = link.inner(direction) else { continue };
            // Of a table (a loss in bursts) only the part that varies.
            let (table, key) = match (part, shape.inner(key).is_some_and(|v| v.table().is_some())) {
                ([part, ..], true) => (shape.inner(key), part),
                _ => (Some(shape), key),
            };
            if let Some(table) = table.and_then(Value::table_mut) {
                table.entries.retain(|entry| entry.key != *key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn path(text: &str) -> Path {
        let place = Place { file: std::path::Path::new("x.toml").into(), line: Some(9) };
        Path::parse(text, &place).unwrap()
    }

    fn put(tree: &str, at: &str, value: &str) -> String {
        let file = std::path::Path::new("x.toml");
        let mut tree = parse(file, tree).unwrap();
        let value = parse(file, value).unwrap().table().unwrap().entries[0].value.clone();
        match path(at).put(&mut tree, &value) {
            Ok(()) => tree.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_value_goes_to_its_path() {
        assert_eq!(
            put("media = {segment = 1}", "media.segment", "v = 2"),
            "{media = {segment = 2}}"
        );
        assert_eq!(put("", "tcp.ecn", "v = true"), "{tcp = {ecn = true}}");
        let two = "[[players]]\na = 1\n[[players]]\na = 1\n";
        assert_eq!(put(two, "players.a", "v = 2"), "{players = [{a = 2}, {a = 2}]}");
        assert_eq!(put(two, "players.1.a", "v = 2"), "{players = [{a = 1}, {a = 2}]}");
    }

    #[test]
    fn a_value_of_a_link_goes_to_both_directions() {
        let tree = "[links.a.forward]\nrate = 1\ndelay = 1\n";
        let swept = "{links = {a = {forward = {delay = 1}, rate = 2}}}";
        assert_eq!(put(tree, "links.a.rate", "v = 2"), swept);
    }

    #[test]
    fn what_has_no_parts_is_not_entered() {
        assert_eq!(
            put("media = {segment = 1}", "media.segment.x", "v = 2"),
            "x.toml:9: the axis \"media.segment.x\" matches nothing; \
             did you mean \"media.segment\"? (there is one plain value)"
        );
        assert_eq!(
            put("[[players]]", "players.1.abr", "v = 2"),
            "x.toml:9: the axis \"players.1.abr\" matches nothing (there are 1, counted from 0)"
        );
    }

    #[test]
    fn axes_that_set_the_same_value_overlap() {
        let overlap = |a, b| {
            assert_eq!(path(a).overlaps(&path(b)), path(b).overlaps(&path(a)));
            path(a).overlaps(&path(b))
        };
        assert!(overlap("players.abr", "players.0.abr"));
        assert!(overlap("players.0.abr.rung", "players.abr"));
        assert!(overlap("links.a.rate", "links.a.forward.rate"));
        assert!(overlap("links.a", "links.a.forward.rate"));
        assert!(!overlap("players.1.abr", "players.0.abr"));
        assert!(!overlap("links.a.rate", "links.a.delay"));
        assert!(!overlap("links.a.rate", "links.b.rate"));
        assert!(!overlap("links.a.backward.rate", "links.a.forward.rate"));
    }
}
