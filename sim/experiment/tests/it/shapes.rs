//! What links do to packets, and what shares them.

use crate::{resolve, small};
use weir_plan::{Discipline, GilbertElliott, Loss, Phase, Setup, Shape, Traffic, TrafficKind};
use weir_units::{BitRate, Bytes, Ratio, Span};

fn setup(more: &str) -> Setup {
    Setup::clone(&small(more).unwrap().cell(0).unwrap().setup)
}

/// Both directions of the access link.
fn access(more: &str) -> [Shape; 2] {
    let link = &setup(more).topology.links[1];
    [link.forward.clone(), link.backward.clone()]
}

fn percent(percent: u64) -> Ratio {
    Ratio::from_ppb(percent * 10_000_000)
}

#[test]
fn every_key_of_a_link_reaches_both_directions_or_one() {
    let text = "[links.access]\njitter = \"3 ms\"\ndiscipline = \"fq_codel\"\n\
                forward.jitter = \"0 ns\"\nforward.reordering_jitter = \"15 ms\"\n\
                backward.discipline = \"fifo\"\n";
    let [forward, backward] = access(text);
    assert_eq!((forward.jitter, backward.jitter), (Span::ZERO, Span::from_ms(3)));
    assert_eq!(forward.reordering_jitter, Span::from_ms(15));
    assert_eq!(backward.reordering_jitter, Span::ZERO);
    assert_eq!((forward.discipline, backward.discipline), (Discipline::FqCodel, Discipline::Fifo));
}

#[test]
fn losses_in_bursts_have_gilberts_defaults() {
    let [forward, _] = access("[links.access]\nloss = { p = \"1 %\", r = \"25 %\" }\n");
    let model = GilbertElliott {
        p: percent(1),
        r: percent(25),
        loss_bad: Ratio::ONE,
        loss_good: Ratio::ZERO,
    };
    assert_eq!(forward.loss, Loss::GilbertElliott(model));
}

#[test]
fn a_table_of_losses_changes_what_it_names() {
    let [forward, backward] = access(
        "[links.access]\nloss = { p = \"1 %\", r = \"25 %\", loss_bad = \"50 %\" }\n\
         forward.loss = { p = \"2 %\" }\nbackward.loss = \"3 %\"\n",
    );
    let Loss::GilbertElliott(model) = forward.loss else { panic!("{forward:?}") };
    assert_eq!((model.p, model.r, model.loss_bad), (percent(2), percent(25), percent(50)));
    assert_eq!(backward.loss, Loss::Independent(percent(3)));
}

#[test]
fn a_part_of_a_loss_is_an_axis() {
    let plan = small(
        "[links.access]\nloss = { p = \"1 %\", r = \"25 %\" }\n\
         forward.loss = { p = \"9 %\", loss_good = \"1 %\" }\nbackward.loss = \"9 %\"\n\
         [sweep]\n\"links.access.loss.p\" = [\"2 %\", \"3 %\"]\n",
    );
    let plan = plan.unwrap();
    for (cell, p) in plan.cells().zip([2, 3]) {
        let link = &cell.setup.topology.links[1];
        for (shape, good) in [(&link.forward, 1), (&link.backward, 0)] {
            let Loss::GilbertElliott(model) = shape.loss else { panic!("{shape:?}") };
            assert_eq!(
                (model.p, model.r, model.loss_good),
                (percent(p), percent(25), percent(good))
            );
        }
    }
}

#[test]
fn losses_that_never_happen_are_none() {
    let none = |p, bad, good| {
        let [p, loss_bad, loss_good] = [p, bad, good].map(percent);
        Loss::GilbertElliott(GilbertElliott { p, r: Ratio::ONE, loss_bad, loss_good }).is_none()
    };
    assert!(none(0, 100, 0) && none(50, 0, 0));
    assert!(!none(1, 1, 0) && !none(0, 0, 1));
}

#[test]
fn every_new_key_of_a_link_is_an_axis() {
    let axes = "[sweep]\n\"links.access.jitter\" = [\"0 ms\", \"5 ms\"]\n\
                \"links.access.loss\" = [\"1 %\", { p = \"1 %\", r = \"2 %\" }]\n\
                \"links.access.discipline\" = [\"fifo\", \"fq_codel\"]\n\
                \"links.access.backward.reordering_jitter\" = [\"0 ms\"]\n\
                phase = [\"random\", \"fixed\"]\ninterval = [\"1 s\", \"100 ms\"]\n";
    let plan = small(axes).unwrap();
    assert_eq!(plan.cells().len(), 32);
    let last = &plan.cell(31).unwrap();
    assert_eq!(
        plan.params(31),
        ["5 ms", "{p = 1 %, r = 2 %}", "fq_codel", "0 ms", "fixed", "100 ms"]
    );
    let Setup { phase, interval, topology, .. } = &*last.setup;
    assert_eq!((*phase, *interval), (Phase::Fixed, Span::from_ms(100)));
    assert_eq!(topology.links[1].backward.jitter, Span::from_ms(5));
}

#[test]
fn a_plain_value_can_be_one_of_several_that_vary_together() {
    let plan = small(
        "[sweep]\nsome = [{ phase = \"random\", interval = \"1 s\" }, \
         { phase = \"fixed\", interval = \"2 s\" }]\n",
    );
    let setups = plan.unwrap();
    let phases: Vec<_> = setups.cells().map(|cell| cell.setup.phase).collect();
    assert_eq!(phases, [Phase::Random, Phase::Fixed]);
}

fn traffic(more: &str) -> Traffic {
    let text = format!(
        "name = \"x\"\ntopology = \"dumbbell\"\n[tcp]\ncongestion_control = \"reno\"\n\
         [[players]]\nabr = \"bola\"\n[[traffic]]\nfrom = \"source\"\nto = \"sink\"\n{more}"
    );
    resolve(&text).unwrap().cell(0).unwrap().setup.traffic[0].clone()
}

#[test]
fn traffic_has_its_documented_defaults() {
    let tcp = traffic("kind = \"tcp\"\n");
    assert_eq!((tcp.start, tcp.length, tcp.count), (Span::ZERO, None, 1));
    let reno = || "reno".to_owned();
    assert_eq!(tcp.kind, TrafficKind::Tcp { congestion_control: reno() });
    assert_eq!(
        traffic("kind = \"udp\"\nrate = \"2 Mbit/s\"\n").kind,
        TrafficKind::Udp { rate: BitRate::from_bps(2_000_000), packet: Bytes::new(1514) }
    );
    assert_eq!(
        traffic("kind = \"web\"\n").kind,
        TrafficKind::Web {
            size: Bytes::new(37_000),
            pause: Span::from_s(1),
            congestion_control: reno()
        }
    );
}

#[test]
fn traffic_says_when_and_how_much() {
    let web = traffic(
        "kind = \"web\"\nstart = \"10 s\"\nlength = \"20 s\"\ncount = 3\n\
         congestion_control = \"bbr\"\n",
    );
    assert_eq!((web.start, web.length, web.count), (Span::from_s(10), Some(Span::from_s(20)), 3));
    let TrafficKind::Web { congestion_control, .. } = web.kind else { panic!() };
    assert_eq!(congestion_control, "bbr");
}

#[test]
fn traffic_is_an_axis_as_players_are() {
    let plan = resolve(
        "name = \"x\"\ntopology = \"dumbbell\"\n[[players]]\nabr = \"bola\"\n\
         [[traffic]]\nkind = \"tcp\"\nfrom = \"source\"\nto = \"sink\"\n\
         [[traffic]]\nkind = \"udp\"\nrate = \"1 Mbit/s\"\nfrom = \"source\"\nto = \"sink\"\n\
         [sweep]\n\"traffic.count\" = [1, 2]\n\"traffic.1.rate\" = [\"3 Mbit/s\"]\n",
    );
    let plan = plan.unwrap();
    let counts: Vec<_> = plan.cell(1).unwrap().setup.traffic.iter().map(|t| t.count).collect();
    assert_eq!(counts, [2, 2]);
    assert!(matches!(plan.cell(0).unwrap().setup.traffic[1].kind,
        TrafficKind::Udp { rate, .. } if rate == BitRate::from_bps(3_000_000)));
}

#[test]
fn traffic_of_nobody_does_not_change_a_buffer() {
    let text = "name = \"x\"\ntopology = \"dumbbell\"\n[[players]]\nabr = \"bola\"\n\
                [links.drain]\ndelay = \"1 s\"\n";
    let more = "[[traffic]]\nkind = \"tcp\"\nfrom = \"source\"\nto = \"sink\"\n";
    let queues = |text: &str| resolve(text).unwrap().cell(0).unwrap().setup.queues();
    assert_eq!(queues(text), queues(&format!("{text}{more}")));
    // 12 Mbit/s times 40 ms.
    assert_eq!(queues(text)[2], [Some(Bytes::new(60_000)); 2]);
}
