//! Decisions allocate no memory once an algorithm has seen its ladder.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use weir_abr::{Choice, Download, Observation, Rung, registry};
use weir_units::{BitRate, Bytes, Span, Time};

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

#[test]
fn a_decision_allocates_nothing_once_the_ladder_is_known() {
    let rung = |kbps: u64| {
        let rate = BitRate::from_bps(kbps * 1000);
        Rung { mean: rate, peak: rate }
    };
    for entry in registry() {
        let mut abr = Choice::named(entry.name).build().unwrap();
        let mut seen = Observation {
            now: Time::ZERO,
            max_buffer: Span::from_s(25),
            segment_duration: Span::from_s(3),
            ladder: [300, 750, 1200, 1850, 2850, 4300].map(rung).to_vec(),
            downloads: Vec::with_capacity(weir_abr::DOWNLOADS_SEEN),
            ..Observation::default()
        };
        abr.decide(&seen);
        for i in 1..200 {
            step(&mut seen, i);
            let before = ALLOCATIONS.get();
            abr.decide(&seen);
            let allocated = ALLOCATIONS.get() - before;
            // By then every window is full once.
            assert!(i < 60 || allocated == 0, "{} at {i}: {allocated}", entry.name);
        }
    }
}
