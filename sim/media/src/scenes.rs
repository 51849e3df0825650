//! The synthetic film: the same pictures on every machine, of varying complexity as in real films,
//! from ffmpeg's own generators.
//!
//! No single generator makes segments that differ enough in size; the coefficient of variation of
//! their bit rates is below 0.3 for each (measured). The film cuts between ten scenes, from a dark
//! wall to coloured noise, like shots of a film. Whether it resembles any real film was not
//! measured: results that rest on it say "synthetic".

use crate::rate::FrameRate;
use weir_units::Span;

/// The film's width and height. Every rung is scaled from it.
pub(crate) const SIZE: (u32, u32) = (1280, 720);

/// The film's frame rate.
pub(crate) const RATE: FrameRate = FrameRate::FILM;

/// The scaler, and what makes it give equal pictures on every CPU.
pub(crate) const SCALER: &str = "bicubic+accurate_rnd+bitexact";

/// The longest film. Its generators are one filter graph, whose memory grows with its length;
/// playlists loop, so that sessions may be longer.
pub(crate) const LONGEST: Span = Span::from_s(600);

/// The frames of one run through all scenes, at most: 60 s.
const RUN: u64 = 60 * 24;

/// The frames of a scene, on average, at least: 2 s. Scenes that are much shorter than segments
/// would make all segments alike.
const SHORTEST: u64 = 2 * 24;

/// A scene.
struct Scene {
    /// Its share of a run, relative to the other scenes'.
    share: u64,
    /// A generator and filters. `SEED` becomes a number that differs from run to run; everything
    /// else that a generator would draw is fixed (gradients draw their colours and ends even with a
    /// seed). Dear generators make small pictures.
    picture: &'static str,
    /// The strength of the grain: noise that is drawn anew for each frame.
    grain: u64,
}

/// Calm scenes and busy ones in turn, so that a short film varies too.
const SCENES: [Scene; 10] = [
    Scene {
        share: 5,
        picture: "gradients=s=320x180:r=24:seed=SEED:n=3:c0=0x1d3b6f:c1=0x7fa6d6:c2=0xd8c8a0\
            :x0=0:y0=0:x1=320:y1=180:speed=0.01",
        grain: 2,
    },
    Scene {
        share: 9,
        picture: "mandelbrot=s=320x180:r=24:start_x=-0.743643887037158\
            :start_y=-0.131825904205311:start_scale=0.02:end_scale=0.0005:end_pts=200",
        grain: 14,
    },
    Scene {
        share: 6,
        picture: "testsrc2=s=640x360:r=24,format=yuv420p,scroll=h=0.004:v=0.001",
        grain: 2,
    },
    Scene {
        share: 8,
        picture: "life=s=320x180:r=24:seed=SEED:ratio=0.4:mold=12:life_color=0xd0e0b0\
            :death_color=0x405030:mold_color=0x304028,format=yuv420p,gblur=sigma=0.6",
        grain: 8,
    },
    Scene {
        share: 4,
        picture: "smptehdbars=s=640x360:r=24,format=yuv420p,lutyuv=y=val*0.7",
        grain: 0,
    },
    Scene {
        share: 7,
        picture: "mandelbrot=s=480x270:r=24:start_x=-0.743643887037158\
            :start_y=-0.131825904205311:start_scale=2.5:end_scale=0.2:end_pts=200",
        grain: 6,
    },
    Scene { share: 6, picture: "cellauto=s=480x270:r=24:seed=SEED:rule=110:ratio=0.3", grain: 2 },
    Scene {
        share: 4,
        picture: "color=c=0x707880:s=160x90:r=24,format=yuv420p,noise=alls=60:allf=t\
            :all_seed=SEED,tmix=frames=4",
        grain: 0,
    },
    Scene {
        share: 4,
        picture: "gradients=s=320x180:r=24:seed=SEED:n=2:c0=0x000000:c1=0x202830\
            :x0=0:y0=0:x1=320:y1=180:speed=0.002",
        grain: 0,
    },
    Scene { share: 7, picture: "sierpinski=s=480x270:r=24:seed=SEED:jump=60", grain: 6 },
];

/// The filter graph (for ffmpeg's `lavfi` input) of a film of this many frames: runs through the
/// scenes, each at most 60 s long. A film of less than 20 s shows fewer scenes, of 2 s at least.
pub(crate) fn film(frames: u64) -> String {
    let runs = frames.div_ceil(RUN).max(1);
    let scenes = (frames / SHORTEST).clamp(1, SCENES.len() as u64);
    let run = || SCENES.iter().zip(0..scenes).map(|(scene, _)| scene);
    let all: u64 = runs * run().map(|scene| scene.share).sum::<u64>();
    let (mut graph, mut labels) = (String::new(), String::new());
    let mut shown = 0;
    for (number, scene) in (1u64..).zip((0..runs).flat_map(|_| run())) {
        let first = frames * shown / all;
        shown += scene.share;
        let length = frames * shown / all - first;
        let (width, height) = SIZE;
        let grain = match scene.grain {
            0 => String::new(),
            strength => format!(",noise=alls={strength}:allf=t:all_seed={number}"),
        };
        let picture = scene.picture.replace("SEED", &number.to_string());
        graph += &format!(
            "{picture},scale={width}:{height}:flags={SCALER},format=yuv420p{grain},\
             trim=end_frame={length},setpts=N/24/TB,setsar=1[s{number}];"
        );
        labels += &format!("[s{number}]");
    }
    format!("{graph}{labels}concat=n={}", runs * scenes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(graph: &str) -> Vec<u64> {
        let parts = graph.split("end_frame=").skip(1);
        parts.map(|rest| rest.split(',').next().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn the_scenes_of_a_film_add_up_to_its_length() {
        for frames in (1..200).chain([RUN - 1, RUN, RUN + 1, 10 * RUN]) {
            let lengths = lengths(&film(frames));
            assert_eq!(lengths.iter().sum::<u64>(), frames);
            assert!(!lengths.contains(&0), "{frames}");
        }
    }

    #[test]
    fn a_film_of_20_s_shows_every_scene() {
        let scenes = |seconds: u64| lengths(&film(seconds * 24)).len();
        assert_eq!([1, 4, 8, 20, 60].map(scenes), [1, 2, 4, 10, 10]);
    }

    #[test]
    fn every_run_has_seeds_of_its_own() {
        let graph = film(2 * RUN);
        assert_eq!(lengths(&graph).len(), 2 * SCENES.len());
        assert!(graph.contains("seed=1:") && graph.contains("seed=11:"));
        assert!(!graph.contains("SEED"));
    }

    #[test]
    fn the_longest_film_is_one_argument_of_a_command() {
        // Linux allows 128 KiB.
        assert!(film(RATE.frames_in(LONGEST)).len() < 100_000);
    }
}
