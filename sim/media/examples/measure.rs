//! temporary
use std::path::{Path, PathBuf};
use std::time::Instant;
use weir_experiment::*;
use weir_media::*;
use weir_units::*;
#[allow(clippy::all, clippy::disallowed_methods, clippy::unwrap_used)]
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let source = match a[1].as_str() {
        "scenes" => Source::Scenes,
        p if p.ends_with("json") || Path::new(p).is_dir() => Source::Sized(PathBuf::from(p)),
        p => Source::File(PathBuf::from(p)),
    };
    let hd: &[(u32, u32, u64)] = &[
        (320, 180, 300),
        (480, 270, 700),
        (640, 360, 1500),
        (960, 540, 3000),
        (1280, 720, 6000),
        (1920, 1080, 12000),
    ];
    let small: &[(u32, u32, u64)] = &[(160, 90, 100), (320, 180, 300), (640, 360, 800)];
    let l = if a[2] == "hd" { hd } else { small };
    let rungs = l
        .iter()
        .map(|&(width, height, k)| LadderRung {
            width,
            height,
            bitrate: BitRate::from_bps(k * 1000),
        })
        .collect();
    let media = Media {
        source,
        segment: a[3].parse().unwrap(),
        ladder: Ladder { name: a[2].clone(), rungs },
        length: a[4].parse().unwrap(),
    };
    let t = Instant::now();
    let mut last = String::new();
    let r = prepare(&Request { media: &media, file: None }, Path::new(&a[5]), &mut |p| {
        let s = p.to_string();
        if s != last {
            if s.ends_with("0 %") {
                eprintln!("{:.1} {s}", t.elapsed().as_secs_f64());
            }
            last = s;
        }
    });
    match r {
        Err(e) => eprintln!("{e:#}"),
        Ok(p) => {
            println!(
                "{:.1} s  {} segments of {} hash {} dir {}",
                t.elapsed().as_secs_f64(),
                p.segments(),
                p.segment,
                p.hash,
                p.dir.display()
            );
            for (i, r) in p.rungs.iter().enumerate() {
                let v: Vec<f64> = p.sizes.iter().map(|s| s[i].get() as f64).collect();
                let m = v.iter().sum::<f64>() / v.len() as f64;
                let cv =
                    (v.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / v.len() as f64).sqrt() / m;
                println!(
                    "{:?}x{:?} {:?} target {} mean {} ({:.3}) peak {} ({:.2}) cv {cv:.2} missed {}",
                    r.width,
                    r.height,
                    r.codecs,
                    r.target,
                    r.mean.bps() / 1000,
                    r.mean.bps() as f64 / r.target.bps() as f64,
                    r.peak.bps() / 1000,
                    r.peak.bps() as f64 / r.mean.bps() as f64,
                    r.target_missed
                );
            }
            println!("{:?}", p.warnings);
            if let Some(into) = a.get(6) {
                write_playlists(&p, a[7].parse().unwrap(), Path::new(into)).unwrap();
            }
        }
    }
}
