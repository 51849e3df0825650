//! The content of a plan's trials: prepared before the first of them starts, and shared.

use crate::content::movie::Movie;
use crate::progress::Progress;
use crate::store::inputs::Input;
use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use weir_base::hex;
use weir_media::{Package, Request};
use weir_plan::{LabName, Media, Plan, Setup, Source, Trial};
use weir_records::Rung;
use weir_units::Span;

/// Content that is ready.
#[derive(Debug)]
pub struct Content {
    /// How it gets to the players.
    pub form: Form,
    /// Segments before it loops.
    pub segments: u64,
    /// The duration of each, as measured.
    pub segment: Span,
    /// What it is, as measured.
    pub rungs: Vec<Rung>,
    /// The hash of its package.
    pub hash: String,
    /// A hash of all that is served: the package, and what playlists say of it.
    pub served: String,
    /// The cell and the repeat of the first trial that has it.
    pub first: (u64, u64),
}

/// What of a content trials need.
#[derive(Debug)]
pub enum Form {
    /// Files for a server.
    Files(Files),
    /// Sizes and durations, for a network that is a model.
    Movie(Movie),
}

/// Folders that a server shows.
#[derive(Debug)]
pub struct Files {
    /// Playlists.
    pub site: PathBuf,
    /// Segments.
    pub media: PathBuf,
}

impl Content {
    /// Its files.
    ///
    /// # Errors
    /// If it was prepared for the lab `model`.
    pub fn files(&self) -> Result<&Files> {
        match &self.form {
            Form::Files(files) => Ok(files),
            Form::Movie(_) => Err(anyhow!("the content has no files")),
        }
    }

    /// Its sizes and durations.
    ///
    /// # Errors
    /// If it was not prepared for the lab `model`.
    pub fn movie(&self) -> Result<&Movie> {
        match &self.form {
            Form::Movie(movie) => Ok(movie),
            Form::Files(_) => Err(anyhow!("the content is files")),
        }
    }
}

/// Equal media for viewers that watch, and load ahead, equally long is one content (they may begin
/// anywhere in what loops, and so much more has to be listed); not so for those who need files and
/// those who need none.
type Key = (Media, Span, bool);

/// Every content of a plan.
#[derive(Debug, Default)]
pub struct Contents(BTreeMap<Key, Content>);

impl Contents {
    /// The content of a trial.
    ///
    /// # Errors
    /// If it was not prepared for this plan.
    pub fn get(&self, trial: &Trial) -> Result<&Content> {
        self.of(&trial.setup)
    }

    /// The content of the trials of a setup.
    ///
    /// # Errors
    /// If it was not prepared for this plan.
    pub fn of(&self, setup: &Setup) -> Result<&Content> {
        self.0.get(&key(setup)).context("the trial's content was not prepared")
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Content> {
        self.0.values()
    }
}

fn key(setup: &Setup) -> Key {
    let needs = setup
        .players
        .iter()
        .map(|players| players.viewing.watch.saturating_add(players.viewing.max_buffer));
    let in_model = setup.lab == LabName::Model;
    // A live stream is listed by who packages it.
    let listed = setup.media.loops && setup.live.is_none();
    let needed = needs.max().filter(|_| listed).unwrap_or(Span::ZERO);
    (setup.media.clone(), needed, in_model)
}

/// Looks at the files that the plan's content is made from, before anything starts.
///
/// # Errors
/// If one cannot be used; the error points to the line of the experiment that names it.
pub fn check(plan: &Plan) -> Result<()> {
    let mut looked_at: BTreeSet<Media> = BTreeSet::new();
    for cell in plan.cells() {
        let media = &cell.setup.media;
        if looked_at.contains(media) {
            continue;
        }
        looked_at.insert(media.clone());
        if let Err(why) = weir_media::check(&request(plan, media)) {
            let why = format!("{why:#}");
            return Err(match plan.refuse_media(&media.source, &why) {
                Some(refusal) => refusal.into(),
                None => anyhow!(why),
            });
        }
    }
    Ok(())
}

pub(crate) fn request<'a>(plan: &'a Plan, media: &'a Media) -> Request<'a> {
    Request { media, file: plan.media_files.get(&media.source).map(|file| file.path.as_path()) }
}

/// The number of a trial's content among those of the plan.
pub fn number(plan: &Plan, trial: &Trial) -> usize {
    let own = key(&trial.setup);
    let keys: BTreeSet<_> = plan.cells().map(|cell| key(&cell.setup)).collect();
    keys.range(..own).count()
}

/// A content's hash among the inputs of a run, by its number among those of the plan.
pub fn content_input(number: usize, hash: &str) -> Input {
    Input::new(format!("the content {number}"), hash)
}

/// Prepares what the plan's trials serve, packages from the cache where they are there, and writes
/// playlists below `stage`.
pub fn prepare(
    plan: &Plan,
    cache: &Path,
    stage: &Path,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Contents> {
    prepare_with(plan, plan, stage, watch, &mut |media, tell| {
        weir_media::prepare(&request(plan, media), cache, tell).context("prepare the content")
    })
}

/// Hears how far a package is.
pub type Tell<'a> = dyn FnMut(weir_media::Progress) + 'a;

/// The same for `part` of a plan, with the packages that `make` makes.
pub fn prepare_with(
    plan: &Plan,
    part: &Plan,
    stage: &Path,
    watch: &mut dyn FnMut(Progress<'_>),
    make: &mut dyn FnMut(&Media, &mut Tell<'_>) -> Result<Package>,
) -> Result<Contents> {
    let mut contents = Contents::default();
    for cell in part.cells() {
        let key = key(&cell.setup);
        if contents.0.contains_key(&key) {
            continue;
        }
        let site = stage.join(format!("site-{}", contents.0.len()));
        let (mut content, warnings) = match &key {
            (media @ Media { source: Source::Sized(_), .. }, needed, true) => {
                sized(&request(part, media), *needed)?
            }
            (media, needed, in_model) => {
                let package = make(media, &mut |what| watch(Progress::Content(what)))?;
                let form = match in_model {
                    true => Form::Movie(Movie::of_package(&package, *needed)?),
                    false => Form::Files(files(&package, *needed, site)?),
                };
                (of_package(&package, form), package.warnings)
            }
        };
        for warning in warnings {
            watch(Progress::Warning(warning));
        }
        // The cell itself is one of them.
        let first = plan.cells().find(|cell| self::key(&cell.setup) == key);
        content.first = (first.map_or(cell.index, |cell| cell.index), 0);
        contents.0.insert(key, content);
    }
    Ok(contents)
}

/// A package as files, with so much more listed than it has.
fn files(package: &Package, needed: Span, site: PathBuf) -> Result<Files> {
    let listing = package.length().saturating_add(needed);
    weir_media::write_playlists(package, listing, &site).context("write the playlists")?;
    Ok(Files { site, media: package.media_folder().to_owned() })
}

fn of_package(package: &Package, form: Form) -> Content {
    Content {
        form,
        segments: package.segments(),
        segment: package.segment,
        rungs: rungs(&package.rungs),
        hash: package.hash.clone(),
        served: served(package),
        first: (0, 0),
    }
}

/// A hash of all that is served of a package: its files, and what playlists say of them.
pub fn served(package: &Package) -> String {
    let Package { hash, segment, sizes, .. } = package;
    hex(&Sha256::digest(format!("{hash} {segment} {sizes:?} {:?}", rungs(&package.rungs))))
}

/// The rows of a ladder.
pub fn rungs(ladder: &[weir_media::Rung]) -> Vec<Rung> {
    (0u64..)
        .zip(ladder)
        .map(|(index, rung)| Rung {
            rung: index,
            width: rung.width.map(u64::from),
            height: rung.height.map(u64::from),
            target_bps: rung.target.bps(),
            mean_bps: rung.mean.bps(),
            peak_bps: rung.peak.bps(),
            target_missed: rung.target_missed,
        })
        .collect()
}

/// What the content is, in a word, for titles: a reader must see where it is synthetic.
pub fn kind(plan: &Plan) -> &'static str {
    let kind = |media: &Media| match media.source {
        Source::Scenes => "synthetic film",
        Source::File(_) => "video file",
        Source::Sized(_) => "table of segment sizes",
    };
    let mut kinds = plan.cells().map(|cell| kind(&cell.setup.media));
    let first = kinds.next().unwrap_or("none");
    if kinds.all(|kind| kind == first) { first } else { "several contents" }
}

/// A table of segment sizes as content, and what a user of it should know.
///
/// # Errors
/// If it is none, or too long.
fn sized(request: &Request<'_>, needed: Span) -> Result<(Content, Vec<String>)> {
    let table = weir_media::size_table(request)?;
    let movie = Movie::new(&table.rungs, table.segment, &table.sizes, needed)?;
    let content = Content {
        form: Form::Movie(movie),
        segments: table.sizes.len() as u64,
        segment: table.segment,
        rungs: rungs(&table.rungs),
        hash: table.hash.clone(),
        served: table.hash,
        first: (0, 0),
    };
    Ok((content, table.warnings))
}
