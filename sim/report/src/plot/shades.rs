//! Colours for quantities: from light for the least to dark for the most.

use plotters::style::RGBColor;
use std::sync::LazyLock;

/// The path through OKLab (Ottosson, "A perceptual color space for image processing", 2020):
/// lightness, chroma, and hue in degrees, at equal distances. From pale yellow through green to
/// dark blue, which people with any colour vision see as light to dark; all within sRGB.
const PATH: [(f64, f64, f64); 5] = [
    (0.965, 0.050, 105.0),
    (0.845, 0.105, 140.0),
    (0.680, 0.110, 190.0),
    (0.480, 0.120, 250.0),
    (0.290, 0.110, 280.0),
];

/// Points at which the path is measured.
const STEPS: usize = 256;

/// A point of OKLab.
type Lab = [f64; 3];

/// The path, measured: the length up to each of its points, and the point.
static MEASURED: LazyLock<Vec<(f64, Lab)>> = LazyLock::new(|| {
    let mut length = 0.0;
    let mut before = on_path(0.0);
    let step = |i: usize| {
        let here = on_path(i as f64 / STEPS as f64);
        length += distance(before, here);
        before = here;
        (length, here)
    };
    (0..=STEPS).map(step).collect()
});

/// The colour of a share, 0 the least and 1 the most. Equal steps of the share are equal distances
/// in OKLab: they look alike.
pub(crate) fn shade(share: f64) -> RGBColor {
    let wanted = share.clamp(0.0, 1.0) * MEASURED[STEPS].0;
    let next = MEASURED.partition_point(|(length, _)| *length < wanted).clamp(1, STEPS);
    let ((from, a), (to, b)) = (MEASURED[next - 1], MEASURED[next]);
    let part = if to > from { (wanted - from) / (to - from) } else { 0.0 };
    rgb(mix(a, b, part))
}

/// Whether text on this colour is read more easily in white than in black: below this luminance the
/// contrast of white is the higher one (WCAG 2.2, "contrast ratio").
pub(crate) fn is_dark(colour: RGBColor) -> bool {
    let RGBColor(r, g, b) = colour;
    // The luminance of sRGB (IEC 61966-2-1), by the usual power of 2.2.
    let linear = |channel: u8| libm::pow(f64::from(channel) / 255.0, 2.2);
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) < 0.179
}

fn on_path(share: f64) -> Lab {
    let place = share * (PATH.len() - 1) as f64;
    let leg = (place as usize).min(PATH.len() - 2);
    let part = place - leg as f64;
    let ((l0, c0, h0), (l1, c1, h1)) = (PATH[leg], PATH[leg + 1]);
    let between = |a: f64, b: f64| a + part * (b - a);
    let (l, c, h) = (between(l0, l1), between(c0, c1), between(h0, h1).to_radians());
    [l, c * libm::cos(h), c * libm::sin(h)]
}

fn distance(a: Lab, b: Lab) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn mix(a: Lab, b: Lab, part: f64) -> Lab {
    [0, 1, 2].map(|i| a[i] + part * (b[i] - a[i]))
}

/// From OKLab to sRGB: the matrices of Ottosson's page.
fn rgb([l, a, b]: Lab) -> RGBColor {
    let cones = [
        l + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        l - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        l - 0.089_484_177_5 * a - 1.291_485_548_0 * b,
    ]
    .map(|cone| cone * cone * cone);
    let [r, g, b] = [
        [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
        [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
        [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701_0],
    ]
    .map(|row| gamma(row.iter().zip(cones).map(|(weight, cone)| weight * cone).sum()));
    RGBColor(r, g, b)
}

/// The transfer function of sRGB (IEC 61966-2-1), to a byte.
fn gamma(linear: f64) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let encoded = if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * libm::pow(linear, 1.0 / 2.4) - 0.055
    };
    (encoded * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OKLab of an sRGB colour: the way back.
    fn lab(RGBColor(r, g, b): RGBColor) -> Lab {
        let linear = |byte: u8| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = [r, g, b].map(linear);
        let cones = [
            0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b,
            0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b,
            0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b,
        ]
        .map(f64::cbrt);
        [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ]
        .map(|row: [f64; 3]| row.iter().zip(cones).map(|(weight, cone)| weight * cone).sum())
    }

    #[test]
    fn equal_steps_look_equal_and_get_darker() {
        let colours: Vec<Lab> = (0..=20).map(|i| lab(shade(f64::from(i) / 20.0))).collect();
        let steps: Vec<f64> = colours.windows(2).map(|pair| distance(pair[0], pair[1])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        for (step, pair) in steps.iter().zip(colours.windows(2)) {
            assert!((step / mean - 1.0).abs() < 0.15, "{steps:?}");
            assert!(pair[1][0] < pair[0][0], "{colours:?}");
        }
    }

    #[test]
    fn text_can_be_read_on_every_shade() {
        for i in 0..=100 {
            let colour = shade(f64::from(i) / 100.0);
            let RGBColor(r, g, b) = colour;
            let linear = |byte: u8| libm::pow(f64::from(byte) / 255.0, 2.2);
            let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
            let contrast =
                if is_dark(colour) { 1.05 / (luminance + 0.05) } else { (luminance + 0.05) / 0.05 };
            // WCAG 2.2, success criterion 1.4.3.
            assert!(contrast >= 4.4, "{contrast} on {colour:?}");
        }
    }
}
