//! What is written at a link.

use weir_plan::{Discipline, Loss, Queue, Rate, Shape};
use weir_units::{Ratio, Span};

/// What a link does, in lines: what is the same in both directions once, and before all else the
/// names of the directions, there and back.
pub(super) fn texts(there: &Shape, back: &Shape, names: &[String; 2]) -> Vec<String> {
    let mut lines = Vec::new();
    for (there, back) in [(path(there), path(back)), (extras(there), extras(back))] {
        let (there, back) = (in_lines(&there), in_lines(&back));
        if there == back {
            lines.extend(there);
            continue;
        }
        for (name, mut texts) in names.iter().zip([there, back]) {
            if let Some(first) = texts.first_mut() {
                first.insert_str(0, &format!("{name} "));
            }
            lines.extend(texts);
        }
    }
    lines
}

/// Two to a line.
fn in_lines(texts: &[String]) -> Vec<String> {
    texts.chunks(2).map(|pair| pair.join(SEPARATOR)).collect()
}

/// How fast and how far one direction is.
fn path(shape: &Shape) -> Vec<String> {
    let rate = shape.rate.as_ref().map(|rate| match rate {
        Rate::Constant(rate) => rate.to_string(),
        Rate::Trace(traced) => traced.name().to_owned(),
    });
    let delay = match shape.delay {
        Span::ZERO => rate.is_none().then(|| "no delay".to_owned()),
        delay => Some(delay.to_string()),
    };
    rate.into_iter().chain(delay).collect()
}

/// What else one direction does that is not usual.
fn extras(shape: &Shape) -> Vec<String> {
    let Shape { rate, jitter, reordering_jitter, queue, discipline, loss, .. } = shape;
    let mut texts = Vec::new();
    if *jitter > Span::ZERO {
        texts.push(format!("jitter {jitter}"));
    }
    if *reordering_jitter > Span::ZERO {
        texts.push(format!("reordering jitter {reordering_jitter}"));
    }
    match loss {
        Loss::Independent(Ratio::ZERO) => {}
        Loss::Independent(share) => texts.push(format!("loss {share}")),
        Loss::GilbertElliott(model) => {
            texts.push(format!("loss p {}, r {}", model.p, model.r));
            if (model.loss_bad, model.loss_good) != (Ratio::ONE, Ratio::ZERO) {
                texts.push(format!("bad {}, good {}", model.loss_bad, model.loss_good));
            }
        }
    }
    if rate.is_some() {
        if *queue != Queue::Bdp(Ratio::ONE) {
            texts.push(format!("queue {queue}"));
        }
        if *discipline == Discipline::FqCodel {
            texts.push("fq_codel".to_owned());
        }
    }
    texts
}

/// Between texts of one line.
pub const SEPARATOR: &str = " \u{b7} ";
