//! A segment allocates no memory once a session goes.

use crate::common::trace;
use crate::reference::rung;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use weir_abr::{Choice, SizeHints, registry};
use weir_core::Preset;
use weir_model::{Capacity, Film, Link, Spec, Way, run_session, viewer_of};
use weir_trace::Volume;
use weir_units::Span;

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

/// What a session of so many segments allocates; and the reasons that its metrics hold as texts,
/// one for each download that was abandoned.
fn allocations(name: &str, preset: Preset, knows: SizeHints, segments: usize) -> (u64, u64) {
    let ladder = [300, 750, 1200, 1850, 2850, 4300];
    let sizes = vec![ladder.map(|kbps| Volume::from_bits(kbps * 4000)).to_vec(); segments];
    let ladder = ladder.map(|kbps| rung(kbps * 1000)).to_vec();
    let film = Arc::new(Film::new(ladder, vec![Span::from_s(4); segments], &sizes).unwrap());
    let trace = trace(true, &[(7_000, 5000), (9_000, 1500), (11_000, 3000), (4_000, 700)]);
    let capacity = Capacity::Trace { trace, offset: Span::ZERO };
    let way = Way::Link(Link { capacity, latency: Span::from_ms(60) });
    let mut viewer = viewer_of(Choice::named(name), preset);
    viewer.viewing.knows = knows;
    let spec = Spec { film, way, viewer };
    let before = ALLOCATIONS.get();
    let metrics = run_session(&spec).unwrap();
    let allocated = ALLOCATIONS.get() - before;
    let reasons = metrics.segments.iter().filter(|segment| segment.err.is_some()).count();
    (allocated, reasons as u64)
}

#[test]
fn a_session_of_ten_times_as_many_segments_allocates_no_more() {
    for entry in registry() {
        for (preset, knows) in [
            (Preset::Weir, SizeHints::Declared),
            (Preset::Sabre, SizeHints::Declared),
            (Preset::Sabre, SizeHints::Sizes),
            (Preset::HlsJs, SizeHints::Sizes),
        ] {
            let of = |segments| allocations(entry.name, preset, knows, segments);
            let ((short, few), (long, many)) = (of(100), of(1000));
            // Lists of what is not known beforehand double now and then: requests, stalls.
            let growth = (long - many).saturating_sub(short - few);
            assert!(growth <= 8, "{} {preset} {knows:?}: {short} and {long}", entry.name);
        }
    }
}
