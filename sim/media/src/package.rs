//! Content that is ready to be served: a folder of segments, and what is measured on them.

use crate::files::{self, Facts};
use crate::progress::Progress;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use weir_units::{BitRate, Bytes, Span};

/// The file that describes a package, in its folder.
pub(crate) const MANIFEST: &str = "package.json";

/// The version of that file's form.
const FORM: u64 = 1;

/// [`files::MAX_FILES`] entries of at most 128 bytes, and what else there is.
const MAX_MANIFEST: u64 = 40_000_000;

/// The share of the target, in percent, by which a mean bit rate may miss it.
const TOLERANCE: u64 = 10;

/// Content that is ready to be served.
///
/// Its folder holds, for each rung N from 0, `rungN/init.mp4` (unless the content is only sizes)
/// and `rungN/seg00000.m4s` and so on, all of them with fixed times and modes, and `package.json`.
/// A server shows it as `/media/`; [`crate::write_playlists`] writes what is shown as `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// See [`Package::media_folder`].
    pub(crate) dir: PathBuf,
    /// The SHA-256 over the names and the content of all files that are served, in hexadecimal
    /// digits.
    pub hash: String,
    /// How long every segment plays: a whole number of frames, which may differ from the duration
    /// that was asked for by half a frame.
    pub segment: Span,
    /// The ladder, lowest rung first.
    pub rungs: Vec<Rung>,
    /// The size of every segment before the content loops: `sizes[segment][rung]`.
    pub sizes: Vec<Vec<Bytes>>,
    /// What a user of the content should know.
    pub warnings: Vec<String>,
}

/// A quality of the content, as measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Picture width in pixels; `None` where the content is only sizes.
    pub width: Option<u32>,
    /// Picture height in pixels; `None` where the content is only sizes.
    pub height: Option<u32>,
    /// The stream's format by RFC 6381, such as `avc1.64001f`; `None` where the content is only
    /// sizes. There is an initialization section (`init.mp4`) if there is a format.
    pub codecs: Option<String>,
    /// The mean bit rate that was asked for, or that a table of sizes declares.
    pub target: BitRate,
    /// The bits of all segments over their duration.
    pub mean: BitRate,
    /// The bits of the largest segment over its duration.
    pub peak: BitRate,
    /// Whether an encoder missed the target by more than 10 %.
    pub target_missed: bool,
}

/// A package's own description: what its files do not say, and a hash of each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    form: u64,
    /// See [`Package::hash`].
    pub hash: String,
    /// See [`Package::segment`].
    pub segment: Span,
    /// The ladder, lowest rung first.
    pub rungs: Vec<Asked>,
    /// What a user of the content should know.
    pub warnings: Vec<String>,
    /// All files but the one that this is.
    pub files: BTreeMap<String, Facts>,
}

/// What is known of a rung before its segments are measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Picture width and height.
    pub size: Option<(u32, u32)>,
    /// See [`Rung::codecs`].
    pub codecs: Option<String>,
    /// See [`Rung::target`].
    pub target: BitRate,
}

impl Manifest {
    /// Reads the description of the package in `dir`, and nothing else.
    ///
    /// # Errors
    /// If it is missing or not such a description.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let read = || -> Result<Self> {
            let mut text = String::new();
            let size = File::open(&path)?.take(MAX_MANIFEST + 1).read_to_string(&mut text)?;
            ensure!(size as u64 <= MAX_MANIFEST, "longer than {MAX_MANIFEST} bytes");
            Ok(serde_json::from_str(&text)?)
        };
        let manifest = read().with_context(|| format!("read {}", path.display()))?;
        ensure!(manifest.form == FORM, "{} has another form", path.display());
        Ok(manifest)
    }
}

/// A package, as far as its own description says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Its folder.
    pub folder: PathBuf,
    /// How long every segment plays.
    pub segment: Span,
    /// The number of segments before the content loops.
    pub segments: u64,
    /// Whether there are pictures, or only sizes.
    pub pictures: bool,
    /// The bit rates that were asked for, lowest first.
    pub targets: Vec<BitRate>,
}

impl Prepared {
    /// The package in `folder`, whose files are not looked at.
    ///
    /// # Errors
    /// If its description cannot be read.
    pub(crate) fn read(folder: PathBuf) -> Result<Self> {
        let Manifest { segment, rungs, files, .. } = Manifest::read(&folder)?;
        let segments = (0..).take_while(|segment| files.contains_key(&segment_name(0, *segment)));
        Ok(Self {
            segment,
            segments: segments.count() as u64,
            pictures: rungs.iter().any(|rung| rung.codecs.is_some()),
            targets: rungs.iter().map(|rung| rung.target).collect(),
            folder,
        })
    }
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, segment, segments, pictures, targets } = self;
        let what = if *pictures { "video" } else { "sizes" };
        write!(f, "{}\n    {what}, {segments} segments of {segment}:", folder.display())?;
        for (index, target) in targets.iter().enumerate() {
            write!(f, "{} {target}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

/// A segment's file, from the package's folder.
pub(crate) fn segment_name(rung: usize, segment: usize) -> String {
    format!("rung{rung}/seg{segment:05}.m4s")
}

/// An initialization section's file, from the package's folder.
pub(crate) fn init_name(rung: usize) -> String {
    format!("rung{rung}/init.mp4")
}

impl Package {
    /// Reads a package that was made before, and all of its files, to see that they are still what
    /// they were.
    ///
    /// # Errors
    /// If anything is missing, added or changed.
    pub fn load(dir: &Path) -> Result<Self> {
        Self::load_with(dir, &mut |_| {})
    }

    pub(crate) fn load_with(dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Self> {
        let manifest = Manifest::read(dir)?;
        let files = files::inventory(dir, MANIFEST, progress)?;
        ensure!(files == manifest.files, "the files of {} are not what they were", dir.display());
        let path = dir.join(MANIFEST);
        ensure!(hash(&files) == manifest.hash, "{} has a wrong hash", path.display());
        Self::measure(dir, manifest)
    }

    /// Makes a package of the files in `dir`: describes them, and gives them their fixed times.
    ///
    /// # Errors
    /// If the rungs differ in their segments, or do not rise.
    pub(crate) fn seal(
        dir: &Path,
        segment: Span,
        rungs: Vec<Asked>,
        warnings: Vec<String>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let files = files::inventory(dir, MANIFEST, progress)?;
        let manifest = Manifest { form: FORM, hash: hash(&files), segment, rungs, warnings, files };
        let path = dir.join(MANIFEST);
        let text = serde_json::to_string_pretty(&manifest).context("describe the package")?;
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        files::settle(dir)?;
        Self::measure(dir, manifest)
    }

    fn measure(dir: &Path, manifest: Manifest) -> Result<Self> {
        let Manifest { hash, segment, rungs: asked, mut warnings, files, .. } = manifest;
        let sizes = sizes(&asked, &files)?;
        let mut rungs = Vec::with_capacity(asked.len());
        for (index, asked) in asked.into_iter().enumerate() {
            let rung = asked.measured(segment, &sizes, index)?;
            warnings.extend(rung.miss().map(|miss| format!("rung {index}{miss}")));
            rungs.push(rung);
        }
        rising(&rungs.iter().map(|rung| rung.mean).collect::<Vec<_>>())?;
        Ok(Self { dir: dir.to_owned(), hash, segment, rungs, sizes, warnings })
    }

    /// The number of segments before the content loops.
    pub fn segments(&self) -> u64 {
        self.sizes.len() as u64
    }

    /// The content's length before it loops.
    pub fn length(&self) -> Span {
        self.segment.checked_mul(self.segments()).unwrap_or(Span::MAX)
    }

    /// The folder that a server shows as `/media/`.
    pub fn media_folder(&self) -> PathBuf {
        self.dir.clone()
    }
}

impl Asked {
    pub(crate) fn measured(
        self,
        segment: Span,
        sizes: &[Vec<Bytes>],
        index: usize,
    ) -> Result<Rung> {
        let bytes = || sizes.iter().filter_map(|row| row.get(index)).copied();
        let all = bytes().try_fold(Bytes::ZERO, Bytes::checked_add);
        let length = segment.checked_mul(sizes.len() as u64);
        let mean = all.zip(length).and_then(|(all, length)| BitRate::of(all, length));
        let peak = bytes().max().and_then(|most| BitRate::of(most, segment));
        let (Some(mean), Some(peak)) = (mean, peak) else {
            bail!("rung {index} has no measurable bit rate");
        };
        let Self { size, codecs, target } = self;
        Ok(Rung {
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
            // A table's bit rates are names of its rungs; nobody aimed at them.
            target_missed: codecs.is_some() && misses(mean, target),
            codecs,
            target,
            mean,
            peak,
        })
    }
}

impl Rung {
    /// The rates that playlists declare, and that a player so gets to know: those that were
    /// measured, but the mean that a table of sizes names its rung by.
    pub fn declared(&self) -> weir_abr::Rung {
        let mean = if self.codecs.is_some() { self.mean } else { self.target };
        weir_abr::Rung { mean, peak: self.peak.max(mean) }
    }

    /// The rest of a sentence about a target that was missed.
    fn miss(&self) -> Option<String> {
        let (mean, target) = (self.mean.bps() / 1000, self.target);
        let picture = self.width.zip(self.height).map(|(w, h)| format!(" ({w}x{h})"));
        let picture = picture.unwrap_or_default();
        self.target_missed
            .then(|| format!("{picture} has a mean of {mean} kbit/s where {target} was asked for"))
    }
}

/// Whether a mean is further off its target than an encoder's should be.
pub(crate) fn misses(mean: BitRate, target: BitRate) -> bool {
    let allowed = u128::from(target.bps()) * u128::from(TOLERANCE);
    u128::from(mean.bps().abs_diff(target.bps())) * 100 > allowed
}

/// The sizes of all segments, from the files that are there.
fn sizes(rungs: &[Asked], files: &BTreeMap<String, Facts>) -> Result<Vec<Vec<Bytes>>> {
    ensure!(!rungs.is_empty(), "a package without rungs");
    let size = |name: &str| files.get(name).map(|facts| Bytes::new(facts.bytes));
    let mut sizes: Vec<Vec<Bytes>> = Vec::new();
    loop {
        let segment = sizes.len();
        let row: Vec<_> =
            (0..rungs.len()).filter_map(|rung| size(&segment_name(rung, segment))).collect();
        if row.len() == rungs.len() {
            sizes.push(row);
        } else if row.is_empty() {
            break;
        } else {
            bail!("segment {segment} is there in {} of {} rungs", row.len(), rungs.len());
        }
    }
    ensure!(!sizes.is_empty(), "a package without segments");
    let inits = rungs.iter().filter(|rung| rung.codecs.is_some()).count();
    let expected = sizes.len() * rungs.len() + inits;
    ensure!(files.len() == expected, "{} files where {expected} are due", files.len());
    let starts = rungs.iter().enumerate().filter(|(_, rung)| rung.codecs.is_some());
    for (index, _) in starts {
        ensure!(size(&init_name(index)).is_some(), "{} is missing", init_name(index));
    }
    Ok(sizes)
}

/// Whether each rung's mean bit rate is above that of the rung below.
///
/// # Errors
/// If not, with the two rungs and their rates.
pub(crate) fn rising(means: &[BitRate]) -> Result<()> {
    for (lower, pair) in means.windows(2).enumerate() {
        if let [low, high] = *pair
            && low >= high
        {
            let (upper, low, high) = (lower + 1, low.bps() / 1000, high.bps() / 1000);
            bail!(
                "rung {upper} measures {high} kbit/s, which is not above the {low} kbit/s of rung \
                 {lower}: a ladder must rise"
            );
        }
    }
    Ok(())
}

/// One hash over names and hashes.
fn hash(files: &BTreeMap<String, Facts>) -> String {
    let lines = files.iter().map(|(name, facts)| format!("{} {name}\n", facts.sha256));
    files::sha256_of(lines.collect::<String>())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A package of segments of 2 s that consist of zeros.
    pub(crate) fn package(dir: &Path, sizes: &[&[u64]], targets: &[u64]) -> Result<Package> {
        for (segment, row) in sizes.iter().enumerate() {
            for (rung, &bytes) in row.iter().enumerate() {
                let path = dir.join(segment_name(rung, segment));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                File::create(path).unwrap().set_len(bytes).unwrap();
            }
        }
        let asked = |&target: &u64| {
            let target = BitRate::from_bps(target);
            let index = targets.iter().position(|other| *other == target.bps()).unwrap();
            fs::write(dir.join(init_name(index)), "init").unwrap();
            Asked { size: Some((320, 180)), codecs: Some("avc1.64000d".to_owned()), target }
        };
        let asked = targets.iter().map(asked).collect();
        Package::seal(dir, Span::from_s(2), asked, Vec::new(), &mut |_| {})
    }

    #[test]
    fn rates_are_measured_on_the_files() {
        let dir = tempfile::tempdir().unwrap();
        let sizes: [&[u64]; 3] = [&[250, 1000], &[500, 2000], &[300, 1500]];
        let package = package(dir.path(), &sizes, &[1400, 5500]).unwrap();
        let rates = |rung: &Rung| (rung.mean.bps(), rung.peak.bps(), rung.target_missed);
        assert_eq!(rates(&package.rungs[0]), (1400, 2000, false));
        assert_eq!(rates(&package.rungs[1]), (6000, 8000, false));
        assert_eq!(package.segments(), 3);
        assert_eq!(package.length(), Span::from_s(6));
        assert_eq!(package.sizes[2], [Bytes::new(300), Bytes::new(1500)]);
        assert_eq!(Package::load(dir.path()).unwrap(), package);
    }

    #[test]
    fn a_description_alone_says_what_a_package_is() {
        let dir = tempfile::tempdir().unwrap();
        package(dir.path(), &[&[100, 200], &[100, 200]], &[400, 800]).unwrap();
        let prepared = Prepared::read(dir.path().to_owned()).unwrap();
        let text =
            format!("{}\n    video, 2 segments of 2 s: 400 bit/s, 800 bit/s", dir.path().display());
        assert_eq!(prepared.to_string(), text);
        Prepared::read(dir.path().join("rung0")).unwrap_err();
    }

    #[test]
    fn a_missed_target_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let package = package(dir.path(), &[&[250_000]], &[1_200_000]).unwrap();
        assert!(package.rungs[0].target_missed);
        let warning = "rung 0 (320x180) has a mean of 1000 kbit/s where 1200 kbit/s was asked for";
        assert_eq!(package.warnings, [warning]);
    }

    #[test]
    fn rungs_that_do_not_rise_or_do_not_align_are_refused() {
        let error = |sizes: &[&[u64]]| {
            let dir = tempfile::tempdir().unwrap();
            package(dir.path(), sizes, &[1000, 2000]).unwrap_err().to_string()
        };
        let flat = error(&[&[500_000, 250_000], &[250_000, 500_000]]);
        assert!(flat.contains("rung 1 measures 1500 kbit/s, which is not above"), "{flat}");
        let short = error(&[&[1, 2], &[1, 2], &[1]]);
        assert_eq!(short, "segment 2 is there in 1 of 2 rungs");
    }

    #[test]
    fn any_change_of_any_file_is_noticed() {
        let change = |harm: &dyn Fn(&Path)| {
            let dir = tempfile::tempdir().unwrap();
            package(dir.path(), &[&[100, 200], &[100, 200]], &[400, 800]).unwrap();
            Package::load(dir.path()).unwrap();
            harm(dir.path());
            Package::load(dir.path()).unwrap_err().to_string()
        };
        let changed = |error: String| assert!(error.contains("are not what they were"), "{error}");
        changed(change(&|dir| fs::write(dir.join("rung0/seg00001.m4s"), [1; 100]).unwrap()));
        changed(change(&|dir| fs::write(dir.join("rung0/seg00001.m4s"), [0; 99]).unwrap()));
        changed(change(&|dir| fs::remove_file(dir.join("rung1/init.mp4")).unwrap()));
        changed(change(&|dir| fs::write(dir.join("more"), "").unwrap()));
        change(&|dir| fs::remove_file(dir.join(MANIFEST)).unwrap());
        change(&|dir| fs::write(dir.join(MANIFEST), "{}").unwrap());
        let wrong_hash = change(&|dir| {
            let text = fs::read_to_string(dir.join(MANIFEST)).unwrap();
            let package = Package::load(dir).unwrap();
            fs::write(dir.join(MANIFEST), text.replace(&package.hash, "0")).unwrap();
        });
        assert!(wrong_hash.ends_with("has a wrong hash"), "{wrong_hash}");
    }

    #[test]
    fn the_hash_depends_on_content_and_names_alone() {
        let hash = |sizes: &[&[u64]]| {
            let dir = tempfile::tempdir().unwrap();
            package(dir.path(), sizes, &[400, 800]).unwrap().hash
        };
        assert_eq!(hash(&[&[100, 200]]), hash(&[&[100, 200]]));
        assert_ne!(hash(&[&[100, 200]]), hash(&[&[100, 201]]));
    }
}
