//! The text of a plan, the same for the same plan, wherever and by whomever it was made; and the
//! plan that a text was made from.

use crate::cells::{Draft, Pool};
use crate::error::{Error, Place, clip, place_of};
use crate::faults::Fault;
use crate::grid::Grid;
use crate::kind::ServiceKind;
use crate::limits::{MAX_PATHS, MAX_PLAN, MAX_TRIALS, REPEATS};
use crate::media::Media;
use crate::names::{is_file_name, is_name};
use crate::plan::{Axis, Plan, Selection};
use crate::players::Players;
use crate::selection::selects;
use crate::services::{Live, Service};
use crate::setup::{Keep, LabName, Origin, Phase, Setup};
use crate::tcp::TcpProfile;
use crate::topology::Topology;
use crate::traffic::Traffic;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::Spanned;
use weir_core::QoePreset;
use weir_units::{Seed, Span};

/// A plan as it is written: cells refer to what they consist of by its position, so that what
/// many cells share stands there once.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    name: Cow<'a, str>,
    seed: Seed,
    repeats: u64,
    record: Keep,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    oracle: Option<QoePreset>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    only: Cow<'a, Selection>,
    axes: Cow<'a, [Axis]>,
    media: Vec<Cow<'a, Media>>,
    topology: Vec<Cow<'a, Topology>>,
    tcp: Vec<Cow<'a, TcpProfile>>,
    origins: Vec<Group<'a, Origin>>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    live: Vec<Cow<'a, Live>>,
    services: Vec<Group<'a, Service>>,
    faults: Vec<Group<'a, Fault>>,
    players: Vec<Group<'a, Players>>,
    traffic: Vec<Group<'a, Traffic>>,
    /// The kinds of all services, by their names.
    kinds: BTreeMap<Cow<'a, str>, Cow<'a, ServiceKind>>,
    cell: Vec<Spanned<CellText<'a>>>,
}

/// TOML has no list of lists of tables.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
struct Group<'a, T: Clone> {
    group: Cow<'a, [T]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellText<'a> {
    index: u64,
    params: Vec<Cow<'a, str>>,
    lab: LabName,
    media: usize,
    topology: usize,
    tcp: usize,
    origins: usize,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    live: Option<usize>,
    services: usize,
    faults: usize,
    players: usize,
    traffic: usize,
    phase: Phase,
    interval: Span,
}

/// The numbers that parts have in a plan, which may be one of a part of the cells that they are of:
/// the order in which its cells come to them.
struct Used<K> {
    numbers: BTreeMap<K, usize>,
    parts: Vec<K>,
}

impl<K: Ord + Copy> Used<K> {
    fn new() -> Self {
        Self { numbers: BTreeMap::new(), parts: Vec::new() }
    }

    fn number(&mut self, part: K) -> usize {
        *self.numbers.entry(part).or_insert_with(|| {
            self.parts.push(part);
            self.parts.len() - 1
        })
    }
}

impl Used<u32> {
    fn list<T: Clone>(self, pool: &Pool<T>) -> Vec<Cow<'_, T>> {
        self.parts.into_iter().map(|part| Cow::Borrowed(pool.get(part))).collect()
    }

    fn groups<T: Clone>(self, pool: &Pool<Vec<T>>) -> Vec<Group<'_, T>> {
        let group = |part| Group { group: Cow::Borrowed(pool.get(part).as_slice()) };
        self.parts.into_iter().map(group).collect()
    }
}

const HEADER: &str = "\
# The plan of an experiment: all that defines its trials, but the media's bytes and the programs.
# Each [[cell]] names what it consists of by its position in this file, counted from 0.

";

const SELECTION: &str = "\
# This is a part of a plan: [only] says which values axes may have. Cells have the numbers that they
# have in the whole.

";

impl Plan {
    /// The whole plan as TOML. Equal plans give equal text.
    pub fn to_toml(&self) -> String {
        let (mut media, mut topology, mut tcp) = (Used::new(), Used::new(), Used::new());
        let (mut origins, mut players, mut traffic) = (Used::new(), Used::new(), Used::new());
        let (mut live, mut services, mut faults) = (Used::new(), Used::new(), Used::new());
        let (grid, parts) = (Grid::new(&self.axes), &*self.cells.parts);
        let values = |cell| grid.values(cell).unwrap_or_default();
        let cells = self.cells.rows.iter().map(|row| CellText {
            index: row.index.into(),
            params: values(row.index.into()).into_iter().map(Cow::Borrowed).collect(),
            lab: row.lab,
            media: media.number(row.media),
            topology: topology.number((row.hosts, row.links)),
            tcp: tcp.number(row.tcp),
            origins: origins.number(row.origins),
            live: row.live.map(|stream| live.number(stream)),
            services: services.number(row.services),
            faults: faults.number(row.faults),
            players: players.number(row.players),
            traffic: traffic.number(row.traffic),
            phase: row.phase,
            interval: row.interval,
        });
        let cell = cells.map(|cell| Spanned::new(0..0, cell)).collect();
        let (origins, services) =
            (origins.groups(&parts.origins), services.groups(&parts.services));
        let topology = topology.parts.into_iter();
        // Those of a whole plan, of which this may be a part, can be more.
        let used = used_kinds(&origins, &services);
        let kinds = self.services.iter().filter(|(name, _)| used.contains(name.as_str()));
        let kinds =
            kinds.map(|(name, kind)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(kind))).collect();
        let document = Document {
            name: Cow::Borrowed(&self.name),
            seed: self.seed,
            repeats: self.repeats,
            record: self.record,
            oracle: self.oracle,
            only: Cow::Borrowed(&self.only),
            axes: Cow::Borrowed(&self.axes),
            media: media.list(&parts.media),
            topology: topology
                .map(|(hosts, links)| Cow::Owned(parts.topology(hosts, links)))
                .collect(),
            tcp: tcp.list(&parts.tcp),
            origins,
            live: live.list(&parts.live),
            services,
            faults: faults.groups(&parts.faults),
            players: players.groups(&parts.players),
            traffic: traffic.groups(&parts.traffic),
            kinds,
            cell,
        };
        #[expect(clippy::expect_used, reason = "its paths were TOML texts, and all else is ASCII")]
        let text = toml::to_string(&document).expect("a plan can be written as TOML");
        let selection = if self.only.is_empty() { "" } else { SELECTION };
        [HEADER, selection, &text].concat()
    }

    /// The plan that [`Plan::to_toml`] made `text` from, without the files that it needs, which the
    /// reader of experiments finds; `file` is what errors call it. Whoever wrote it is not trusted:
    /// what is read is as good as what the reader makes of an experiment.
    ///
    /// # Errors
    /// If it is longer than [`MAX_PLAN`], if it is no TOML, refers to what is not there, has values
    /// out of their range or other cells than its axes span, and if it is not the very text that
    /// its plan is written as.
    pub fn from_toml(text: &str, file: &Path) -> Result<Self, Error> {
        let whole = Place { file: file.into(), line: None };
        if text.len() > MAX_PLAN {
            return Err(Error::at(&whole, format!("a plan of more than {MAX_PLAN} bytes")));
        }
        let document: Document<'_> = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(whole.clone(), |at| place_of(file, text, at.start));
            // The library adds lines to some of its messages.
            let message = error.message().replace('\n', ", ");
            Error::at(&place, format!("this is no plan: {message}"))
        })?;
        let plan = document.plan(&whole, |at| place_of(file, text, at))?;
        let written = plan.to_toml();
        if written == text {
            return Ok(plan);
        }
        // What was left out, added, or said in another way: that was not written by this program.
        let same = written.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
        let place = Place { line: u32::try_from(same + 1).ok(), ..whole };
        Err(Error::at(&place, "this is not how this version of the program writes a plan"))
    }
}

impl Document<'_> {
    fn plan(self, whole: &Place, place: impl Fn(usize) -> Place) -> Result<Plan, Error> {
        let wrong = |problem: String| Error::at(whole, problem);
        check_head(&self.name, self.repeats).map_err(wrong)?;
        let numbers = check_axes(&self.axes, &self.only, self.repeats).map_err(wrong)?;
        let grid = Grid::new(&self.axes);
        let kinds = check_kinds(&self.kinds).map_err(wrong)?;
        let mut cells = Draft::default();
        let mut expected = (0..numbers).filter_map(|number| {
            let values = grid.values(number)?;
            selects(&self.only, &self.axes, values.iter().copied()).then_some((number, values))
        });
        for text in &self.cell {
            let wrong = |problem: String| Error::at(&place(text.span().start), problem);
            let text = text.get_ref();
            let next = expected.next();
            if next.is_none_or(|(number, values)| number != text.index || values != text.params) {
                let problem = format!("cell {} is not the next that the axes span", text.index);
                return Err(wrong(problem));
            }
            let problem = |problem| wrong(format!("cell {}: {problem}", text.index));
            let setup = self.setup(text).map_err(problem)?;
            setup.check(&kinds).map_err(problem)?;
            let fits = |oracle| setup.check_oracle(oracle).map_err(problem);
            self.oracle.map_or(Ok(()), fits)?;
            cells.push(text.index, setup);
        }
        if let Some((number, _)) = expected.next() {
            return Err(wrong(format!("cell {number} is missing")));
        }
        if cells.is_empty() {
            return Err(wrong("there are no cells".to_owned()));
        }
        drop(expected);
        Ok(Plan {
            name: self.name.into_owned(),
            seed: self.seed,
            repeats: self.repeats,
            record: self.record,
            oracle: self.oracle,
            only: self.only.into_owned(),
            axes: self.axes.into_owned(),
            cells: cells.finish(),
            media_files: BTreeMap::new(),
            trace_files: BTreeMap::new(),
            log_files: BTreeMap::new(),
            programs: BTreeMap::new(),
            services: kinds,
            expect: None,
            watchdog: None,
        })
    }

    fn setup(&self, cell: &CellText<'_>) -> Result<Setup, String> {
        fn get<'l, T>(list: &'l [T], at: usize, what: &str) -> Result<&'l T, String> {
            let there = list.len();
            list.get(at).ok_or_else(|| format!("there is no {what} {at}: there are {there}"))
        }
        Ok(Setup {
            lab: cell.lab,
            media: get(&self.media, cell.media, "media")?.clone().into_owned(),
            topology: get(&self.topology, cell.topology, "topology")?.clone().into_owned(),
            tcp: get(&self.tcp, cell.tcp, "tcp")?.clone().into_owned(),
            origins: get(&self.origins, cell.origins, "origins")?.group.to_vec(),
            live: match cell.live {
                Some(at) => Some(get(&self.live, at, "live")?.clone().into_owned()),
                None => None,
            },
            services: get(&self.services, cell.services, "services")?.group.to_vec(),
            faults: get(&self.faults, cell.faults, "faults")?.group.to_vec(),
            players: get(&self.players, cell.players, "players")?.group.to_vec(),
            traffic: get(&self.traffic, cell.traffic, "traffic")?.group.to_vec(),
            phase: cell.phase,
            interval: cell.interval,
        })
    }
}

/// The names of the kinds of services that a plan needs.
fn used_kinds<'g>(
    origins: &'g [Group<'_, Origin>],
    services: &'g [Group<'_, Service>],
) -> BTreeSet<&'g str> {
    let origins = origins.iter().flat_map(|group| &*group.group);
    let services = services.iter().flat_map(|group| &*group.group);
    let runs = services.map(|service| service.run.as_str());
    origins.map(|origin| origin.service.as_str()).chain(runs).collect()
}

/// Refuses kinds of services that no file describes.
fn check_kinds(
    kinds: &BTreeMap<Cow<'_, str>, Cow<'_, ServiceKind>>,
) -> Result<BTreeMap<String, ServiceKind>, String> {
    let checked = kinds.iter().map(|(name, kind)| {
        if !is_name(name) {
            return Err(format!("{:?} is no name of a kind of service", clip(name)));
        }
        let wrong = |problem| format!("the service {name:?}: {problem}");
        kind.check().map_err(wrong)?;
        Ok((name.clone().into_owned(), kind.clone().into_owned()))
    });
    checked.collect()
}

/// Refuses what no experiment is called, and what nobody repeats so often.
fn check_head(name: &str, repeats: u64) -> Result<(), String> {
    if !is_file_name(name) {
        return Err(format!("{:?} is no plain file name", clip(name)));
    }
    if !REPEATS.contains(&repeats) {
        return Err(format!("{repeats} repeats are out of range"));
    }
    Ok(())
}

/// Refuses what no sweep has, and counts the cells that the axes span.
fn check_axes(axes: &[Axis], only: &Selection, repeats: u64) -> Result<u64, String> {
    if axes.len() > MAX_PATHS {
        return Err(format!("{} axes are more than {MAX_PATHS}", axes.len()));
    }
    let grid = Grid::new(axes);
    let trials = grid.len().and_then(|cells| cells.checked_mul(repeats));
    if trials.is_none_or(|trials| trials > MAX_TRIALS) {
        return Err(format!("the axes span more than {MAX_TRIALS} trials"));
    }
    for (path, values) in only {
        let axis = axes.iter().find(|axis| axis.path == *path);
        let axis = axis.ok_or_else(|| format!("[only] names {path:?}, which is no axis"))?;
        if let Some(value) = values.iter().find(|value| !axis.values.contains(value)) {
            return Err(format!("[only] names {value:?}, which is no value of {path}"));
        }
    }
    Ok(grid.len().unwrap_or_default())
}
