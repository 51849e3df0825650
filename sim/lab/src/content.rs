//! The content of a plan's trials: packaged before the first of them starts, and shared.

use crate::inputs::hex;
use crate::run::Progress;
use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use weir_experiment::{Media, Plan, Setup, Source, Trial};
use weir_media::{Package, Request};
use weir_records::Rung;
use weir_units::Span;

/// Content that is ready to be served.
#[derive(Debug)]
pub struct Content {
    /// The folder of playlists.
    pub site: PathBuf,
    /// The folder of segments.
    pub media: PathBuf,
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
}

/// Equal media for viewers that watch, and load ahead, equally long is one content.
type Key = (Media, Span);

/// Every content of a plan.
#[derive(Debug, Default)]
pub struct Contents(BTreeMap<Key, Content>);

impl Contents {
    /// The content of a trial.
    ///
    /// # Errors
    /// If it was not prepared for this plan.
    pub fn get(&self, trial: &Trial) -> Result<&Content> {
        self.0.get(&key(&trial.setup)).context("the trial's content was not prepared")
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Content> {
        self.0.values()
    }
}

fn key(setup: &Setup) -> Key {
    let needs =
        setup.players.iter().map(|players| players.watch.saturating_add(players.max_buffer));
    (setup.media.clone(), needs.max().unwrap_or(Span::ZERO))
}

/// Looks at the files that the plan's content is made from, before anything starts.
///
/// # Errors
/// If one cannot be used; the error points to the line of the experiment that names it.
pub fn check(plan: &Plan) -> Result<()> {
    let mut looked_at = BTreeMap::new();
    for media in plan.cells.iter().map(|cell| &cell.setup.media) {
        if looked_at.insert(media, ()).is_none()
            && let Err(why) = weir_media::check(&request(plan, media))
        {
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
    let keys: BTreeSet<_> = plan.cells.iter().map(|cell| key(&cell.setup)).collect();
    keys.range(..own).count()
}

/// Packages what the plan's trials serve, from the cache where it is there, and writes playlists
/// below `stage`.
pub fn prepare(
    plan: &Plan,
    cache: &Path,
    stage: &Path,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Contents> {
    prepare_with(plan, stage, watch, &mut |media, tell| {
        weir_media::prepare(&request(plan, media), cache, tell).context("prepare the content")
    })
}

/// Hears how far a package is.
pub type Tell<'a> = dyn FnMut(weir_media::Progress) + 'a;

/// The same with the packages that `make` makes.
pub fn prepare_with(
    plan: &Plan,
    stage: &Path,
    watch: &mut dyn FnMut(Progress<'_>),
    make: &mut dyn FnMut(&Media, &mut Tell<'_>) -> Result<Package>,
) -> Result<Contents> {
    let mut contents = Contents::default();
    for cell in &plan.cells {
        let key = key(&cell.setup);
        if contents.0.contains_key(&key) {
            continue;
        }
        let (media, needed) = (&key.0, key.1);
        let package = make(media, &mut |what| watch(Progress::Content(what)))?;
        for warning in &package.warnings {
            watch(Progress::Warning(warning.clone()));
        }
        // A viewer may begin anywhere in the content.
        let listing = package.length().saturating_add(needed);
        let site = stage.join(format!("site-{}", contents.0.len()));
        weir_media::write_playlists(&package, listing, &site).context("write the playlists")?;
        let content = Content {
            site,
            media: package.media_folder().to_owned(),
            segments: package.segments(),
            segment: package.segment,
            rungs: rungs(&package),
            hash: package.hash.clone(),
            served: served(&package),
        };
        contents.0.insert(key, content);
    }
    Ok(contents)
}

/// A hash of all that is served of a package: its files, and what playlists say of them.
pub fn served(package: &Package) -> String {
    let Package { hash, segment, sizes, .. } = package;
    hex(&Sha256::digest(format!("{hash} {segment} {sizes:?} {:?}", rungs(package))))
}

fn rungs(package: &Package) -> Vec<Rung> {
    (0u64..)
        .zip(&package.rungs)
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
    let mut kinds = plan.cells.iter().map(|cell| kind(&cell.setup.media));
    let first = kinds.next().unwrap_or("none");
    if kinds.all(|kind| kind == first) { first } else { "several contents" }
}
