//! HLS playlists (RFC 8216) of a package, and its table of sizes: what a server shows as `/` while
//! it shows the package as `/media/`.

use crate::files::touch;
use crate::package::{Package, init_name, segment_name};
use anyhow::{Context, Result, ensure};
use serde::{Serialize, Serializer};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use weir_units::Span;

/// The most segments of a package, and of a playlist, which Weir's players also have as a limit: 55
/// hours of segments of 2 s.
pub const MAX_SEGMENTS: usize = 100_000;

/// Where a server shows the package, from the playlists.
const MEDIA: &str = "media";

/// Writes the playlists of a package into the folder `into`: `master.m3u8`, `rung0.m3u8` and so on,
/// and `sizes.json` (`{"sizes": [[bytes of each rung] for each listed segment]}`).
///
/// The content is listed again and again until at least `listing` is listed, but at least once,
/// with a discontinuity at each turn. Playlists refer to segments as `media/rung0/seg00000.m4s`: a
/// server shows `into` as `/` and the package's folder as `/media/`.
///
/// # Errors
/// If that takes more than [`MAX_SEGMENTS`] segments, or a file cannot be written.
pub fn write_playlists(package: &Package, listing: Span, into: &Path) -> Result<()> {
    let listed = listed(package, listing)?;
    fs::create_dir_all(into).with_context(|| format!("create {}", into.display()))?;
    let write = |name: &str, text: &str| {
        let path = into.join(name);
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        touch(&path, 0o644)
    };
    write("master.m3u8", &master(package))?;
    for rung in 0..package.rungs.len() {
        write(&format!("rung{rung}.m3u8"), &media(package, rung, listed))?;
    }
    let path = into.join("sizes.json");
    write_sizes(package, listed, &path).with_context(|| format!("write {}", path.display()))?;
    touch(&path, 0o644)?;
    touch(into, 0o755)
}

/// How many segments are listed.
fn listed(package: &Package, listing: Span) -> Result<usize> {
    let needed = listing.ns().div_ceil(package.segment.ns().max(1));
    let needed = usize::try_from(needed).unwrap_or(usize::MAX).max(package.sizes.len());
    ensure!(
        needed <= MAX_SEGMENTS,
        "{listing} are {needed} segments of {}: a playlist lists at most {MAX_SEGMENTS}",
        package.segment
    );
    Ok(needed)
}

fn master(package: &Package) -> String {
    let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    for (index, rung) in package.rungs.iter().enumerate() {
        let weir_abr::Rung { peak, mean } = rung.declared();
        let (peak, mean) = (peak.bps(), mean.bps());
        let resolution = rung.width.zip(rung.height);
        let resolution = resolution.map(|(w, h)| format!(",RESOLUTION={w}x{h}"));
        let codecs = rung.codecs.as_ref().map(|codecs| format!(",CODECS=\"{codecs}\""));
        let (resolution, codecs) = (resolution.unwrap_or_default(), codecs.unwrap_or_default());
        let _ = writeln!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={mean}{resolution}{codecs}\n\
             rung{index}.m3u8"
        );
    }
    text
}

fn media(package: &Package, rung: usize, listed: usize) -> String {
    // Writing to a string cannot fail.
    let mut text = String::new();
    let ns = package.segment.ns();
    let (seconds, rest) = (ns / 1_000_000_000, ns % 1_000_000_000);
    // The duration rounded to whole seconds may not exceed it (RFC 8216, section 4.3.3.1).
    let target = (seconds + u64::from(rest >= 500_000_000)).max(1);
    let _ = write!(
        text,
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    );
    if package.rungs.get(rung).is_some_and(|rung| rung.codecs.is_some()) {
        let _ = writeln!(text, "#EXT-X-MAP:URI=\"{MEDIA}/{}\"", init_name(rung));
    }
    for (number, segment) in (0..package.sizes.len()).cycle().take(listed).enumerate() {
        if segment == 0 && number > 0 {
            text += "#EXT-X-DISCONTINUITY\n";
        }
        let name = segment_name(rung, segment);
        let _ = writeln!(text, "#EXTINF:{seconds}.{rest:09},\n{MEDIA}/{name}");
    }
    text + "#EXT-X-ENDLIST\n"
}

/// The sizes of all listed segments, written one after the other.
struct Sizes<'a> {
    package: &'a Package,
    listed: usize,
}

impl Serialize for Sizes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.package.sizes.iter().cycle().take(self.listed);
        serializer
            .collect_seq(rows.map(|row| row.iter().map(|size| size.get()).collect::<Vec<_>>()))
    }
}

fn write_sizes(package: &Package, listed: usize, path: &Path) -> Result<()> {
    #[derive(Serialize)]
    struct Table<'a> {
        sizes: Sizes<'a>,
    }
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, &Table { sizes: Sizes { package, listed } })?;
    file.flush()?;
    Ok(())
}
