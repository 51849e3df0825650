//! Decisions and verdicts allocate no memory once an algorithm has seen its ladder.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use weir_abr::{Choice, Download, Observation, Outlook, Piece, Progress, Rung, registry};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting for each thread.
struct Counting;

// SAFETY: everything is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counter any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Segment `i` of a session whose buffer and throughput rise and fall.
fn step(seen: &mut Observation, i: u64) {
    let wave = |period: u64| (i % period).abs_diff(period / 2);
    seen.segment = i;
    seen.segments_left = 1_000 - i;
    seen.buffer = Span::from_ms(500 + 1_000 * wave(40));
    let transfer = Span::from_ms(200 + 90 * wave(26));
    seen.now = seen.now.after(Span::from_s(3));
    if seen.downloads.len() == weir_abr::DOWNLOADS_SEEN {
        seen.downloads.remove(0);
    }
    seen.downloads.push(Download {
        rung: (i % 6) as usize,
        bytes: Bytes::new(400_000),
        ttfb: Span::from_ms(40),
        transfer,
        media: Span::from_s(3),
        finished: seen.now,
        buffer: seen.buffer,
        ..Download::default()
    });
}

/// The download of a segment half a second after its first byte.
fn progress(seen: &Observation, rung: usize) -> Progress {
    let requested = Time::from_ns(seen.now.ns().saturating_sub(600_000_000));
    let (size, downloaded) = (Bytes::new(400_000), Bytes::new(20_000));
    Progress {
        rung,
        requested,
        ttfb: Some(Span::from_ms(100)),
        size,
        downloaded,
        part: Ratio::ZERO,
    }
}

/// 200 segments on a ladder of six rungs, with or without the sizes of coming segments.
fn session(name: &str, sizes: &[Vec<Bytes>]) {
    let rung = |kbps: u64| {
        let rate = BitRate::from_bps(kbps * 1000);
        Rung { mean: rate, peak: rate }
    };
    let mut abr = Choice::named(name).build().unwrap();
    let mut seen = Observation {
        now: Time::ZERO,
        max_buffer: Span::from_s(25),
        segment_duration: Span::from_s(3),
        ladder: [300, 750, 1200, 1850, 2850, 4300].map(rung).to_vec(),
        sizes: sizes.to_vec(),
        downloads: Vec::with_capacity(weir_abr::DOWNLOADS_SEEN),
        ..Observation::default()
    };
    abr.decide(&seen);
    for i in 1..200 {
        step(&mut seen, i);
        let before = ALLOCATIONS.get();
        let decision = abr.decide(&seen);
        let progress = progress(&seen, decision.rung);
        let until = seen.now.after(Span::from_s(3));
        let slowest = BitRate::from_bps(100_000);
        let pieces = &mut [Piece { until, rate: slowest }].into_iter();
        abr.next_check(&seen, &progress, Outlook { until, slowest, pieces });
        abr.progress(&seen, &progress);
        abr.estimate();
        let allocated = ALLOCATIONS.get() - before;
        // By then every window is full once.
        assert!(i < 60 || allocated == 0, "{name} at {i}: {allocated}");
    }
}

#[test]
fn nothing_is_allocated_once_the_ladder_is_known() {
    let row = |segment: u64| (1..=6).map(|rung| Bytes::new(rung * 250_000 + segment)).collect();
    let sizes: Vec<Vec<Bytes>> = (0..10).map(row).collect();
    for entry in registry() {
        session(entry.name, &[]);
        session(entry.name, &sizes);
    }
}
