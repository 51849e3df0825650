//! Where pictures are drawn: SVG text, or PNG bytes.

use super::look::{Look, Medium, Painting};
use anyhow::{Context, Result};
use plotters::prelude::*;

/// Drawing units per unit of layout. Coordinates are whole units, so finer units draw finer.
const SVG_SCALE: u32 = 4;

/// Pixels of the finished PNG per unit of layout: enough for print.
const PNG_SCALE: u32 = 2;

/// The PNG is drawn this many times larger and averaged: edges get smooth in every direction.
const OVERSAMPLING: u32 = 2;

/// The picture as SVG.
pub(super) fn svg(painting: &impl Painting) -> Result<String> {
    let look = Look::new(SVG_SCALE.into(), Medium::Svg)?;
    let size = painting.size();
    let (width, height) = look.size(size);
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
    area.fill(&WHITE)?;
    painting.paint(&area, &look)?;
    area.present()?;
    drop(area);
    // The backend states the drawing's own units as the size in pixels; a viewer that does not
    // scale would show a poster.
    let natural = format!("width=\"{width}\" height=\"{height}\"");
    let (w, h) = size;
    Ok(text.replacen(&natural, &format!("width=\"{w}\" height=\"{h}\""), 1))
}

/// The picture as PNG.
pub(super) fn png(painting: &impl Painting) -> Result<Vec<u8>> {
    let look = Look::new((PNG_SCALE * OVERSAMPLING).into(), Medium::Bitmap)?;
    let (width, height) = look.size(painting.size());
    let mut large = vec![0; 3 * width as usize * height as usize];
    let area = BitMapBackend::with_buffer(&mut large, (width, height)).into_drawing_area();
    area.fill(&WHITE)?;
    painting.paint(&area, &look)?;
    area.present()?;
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
