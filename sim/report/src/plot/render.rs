//! Pictures as files: SVG text, and PNG bytes. Both come from the same shapes with the same font
//! metrics, so they agree.

use super::canvas::{Canvas, Painting, SCALE, Shape, font};
use anyhow::{Context, Result, ensure};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::Pos;
use std::path::Path;

/// The PNG is drawn this many times larger than its pixels and averaged: edges get smooth in every
/// direction. What is left are two pixels for each unit of layout: enough for print.
const OVERSAMPLING: u32 = 2;

/// plotters puts the baseline of a bitmap's text this much higher than that of an SVG's, in em.
const BITMAP_DROP: f64 = 0.15;

/// A picture as it is kept.
pub(crate) struct Drawn {
    /// The text of its SVG file.
    pub svg: String,
    /// The bytes of its PNG file.
    pub png: Vec<u8>,
    /// Its width and height in units of layout.
    size: (f64, f64),
}

impl Drawn {
    /// Writes it into the folder `dir`, as `<stem>.svg` and `<stem>.png`.
    ///
    /// # Errors
    /// If a file cannot be written, or `dir` is a link: it may lead anywhere.
    pub(crate) fn write(&self, dir: &Path, stem: &str) -> Result<()> {
        let what = || format!("create {}", dir.display());
        ensure!(!dir.is_symlink(), "{}: it is a link, through which nothing is written", what());
        std::fs::create_dir_all(dir).with_context(what)?;
        for (ending, bytes) in [("svg", self.svg.as_bytes()), ("png", &self.png)] {
            let path = dir.join(format!("{stem}.{ending}"));
            weir_base::replace(&path, bytes)
                .with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }

    /// The text of its SVG file with another frame: all of its width, from one height to another.
    pub(crate) fn between(&self, (top, bottom): (f64, f64)) -> String {
        let width = units(self.size).0;
        let frame = |top: f64, height: f64| {
            let [from, units] = [top, height].map(|length| (length * SCALE).round());
            format!("height=\"{height}\" viewBox=\"0 {from} {width} {units}\"")
        };
        self.svg.replacen(&frame(0.0, self.size.1), &frame(top, bottom - top), 1)
    }
}

/// Draws a picture.
///
/// # Errors
/// If the fonts are missing.
pub(crate) fn draw(painting: &impl Painting) -> Result<Drawn> {
    let shapes = shapes_of(painting)?;
    let size = painting.size();
    Ok(Drawn { svg: svg(&shapes, size)?, png: png(&shapes, size)?, size })
}

/// A picture as the text of an SVG file.
///
/// # Errors
/// If the fonts are missing.
pub(crate) fn draw_svg(painting: &impl Painting) -> Result<String> {
    svg(&shapes_of(painting)?, painting.size())
}

fn shapes_of(painting: &impl Painting) -> Result<Vec<Shape>> {
    let canvas = Canvas::new()?;
    painting.paint(&canvas)?;
    Ok(canvas.finish())
}

/// A size in drawing units.
fn units((width, height): (f64, f64)) -> (u32, u32) {
    let units = |length: f64| (length * SCALE).round() as i32;
    (units(width).unsigned_abs(), units(height).unsigned_abs())
}

fn svg(shapes: &[Shape], size: (f64, f64)) -> Result<String> {
    let (width, height) = units(size);
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
    render(shapes, &area, 0.0)?;
    drop(area);
    // The backend states the drawing's own units as the size in pixels; a viewer that does not
    // scale would show a poster.
    let natural = format!("width=\"{width}\" height=\"{height}\"");
    let (w, h) = size;
    Ok(text.replacen(&natural, &format!("width=\"{w}\" height=\"{h}\""), 1))
}

fn png(shapes: &[Shape], size: (f64, f64)) -> Result<Vec<u8>> {
    let (width, height) = units(size);
    let mut large = vec![0; 3 * width as usize * height as usize];
    let area = BitMapBackend::with_buffer(&mut large, (width, height)).into_drawing_area();
    render(shapes, &area, BITMAP_DROP)?;
    drop(area);

    let pixels = averaged(&large, width as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width / OVERSAMPLING, height / OVERSAMPLING);
    encoder.set_color(png::ColorType::Rgb);
    // The other methods go through a zlib whose output may depend on the CPU's instructions.
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().context("begin a PNG")?;
    writer.write_image_data(&pixels).context("encode a PNG")?;
    writer.finish().context("finish a PNG")?;
    Ok(bytes)
}

/// Draws the shapes on white; texts this much lower, in em.
fn render<B: DrawingBackend<ErrorType: 'static>>(
    shapes: &[Shape],
    area: &DrawingArea<B, Shift>,
    drop: f64,
) -> Result<()> {
    area.fill(&WHITE)?;
    for shape in shapes {
        match shape {
            Shape::Line(points, style) => area.draw(&PathElement::new(&points[..], *style))?,
            Shape::Polygon(corners, colour) => area.draw(&Polygon::new(&corners[..], *colour))?,
            Shape::Rectangle(corners, style) => area.draw(&Rectangle::new(*corners, *style))?,
            Shape::Circle(at, radius, style) => area.draw(&Circle::new(*at, *radius, *style))?,
            Shape::Text { text, role, at: (x, y), anchor: (h, v) } => {
                let place =
                    [*x, y + role.size * drop].map(|length| (length * SCALE).round() as i32);
                let style = font(role).pos(Pos::new(*h, *v));
                area.draw(&Text::new(text.as_str(), place.into(), style))?;
            }
        }
    }
    area.present()?;
    Ok(())
}

/// The means of squares of `OVERSAMPLING` times `OVERSAMPLING` RGB pixels.
fn averaged(large: &[u8], width: usize) -> Vec<u8> {
    const N: usize = OVERSAMPLING as usize;
    let mut small = Vec::with_capacity(large.len() / (N * N));
    for rows in large.chunks_exact(3 * width * N) {
        let mut sums = vec![0u32; 3 * (width / N)];
        for row in rows.chunks_exact(3 * width) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * N)) {
                for pixel in square.chunks_exact(3) {
                    for (sum, channel) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(*channel);
                    }
                }
            }
        }
        // A mean of bytes is a byte.
        small.extend(sums.into_iter().map(|sum| (sum / (N * N) as u32) as u8));
    }
    small
}
