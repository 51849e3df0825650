//! `udp`: datagrams at a constant rate.

use crate::job::FlowJob;
use crate::rows::Facts;
use crate::socket;
use anyhow::{Context, Result, ensure};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use weir_clock::Watch;
use weir_units::{BitRate, Bytes, Seed, Span, Time};

/// Ethernet (14 bytes), IPv4 (20) and UDP (8) headers.
const HEADERS: u64 = 42;

/// What a datagram begins with: the flow's tag and its own number, both in network byte order.
const LABEL: u64 = 16;

/// The largest frame without a frame check sequence: more would be sent in fragments.
const LARGEST: u64 = 1_514;

/// A sender that was held up makes up for this much; what was due before that is never sent.
const CATCH_UP: Span = Span::from_s(1);

/// How long after the end of the flow its datagrams may arrive and be counted.
const GRACE: Span = Span::from_s(1);

/// When each datagram is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    first: Time,
    end: Time,
    rate: BitRate,
    packet: Bytes,
}

impl Schedule {
    /// # Errors
    /// If a frame of this size does not hold a datagram of a flow or does not fit into Ethernet,
    /// and for a rate of zero.
    pub fn new(job: &FlowJob, rate: BitRate, packet: Bytes) -> Result<Self> {
        let sizes = HEADERS + LABEL..=LARGEST;
        ensure!(
            sizes.contains(&packet.get()),
            "a packet of {packet} (from {} B to {} B are possible)",
            sizes.start(),
            sizes.end()
        );
        let interval = rate.time_for(packet).context("the interval between packets")?;
        let phase = if job.random_phase { phase(job.seed, interval) } else { Span::ZERO };
        Ok(Self { first: job.start.after(phase), end: job.end, rate, packet })
    }

    /// When a datagram is due, counted from 0; `None` if that is not before the end. Each moment is
    /// computed from the first one, so that roundings do not add up.
    pub fn due(&self, number: u64) -> Option<Time> {
        let before = Bytes::new(self.packet.get().checked_mul(number)?);
        let due = self.first.after(self.rate.time_for(before).ok()?);
        (due < self.end).then_some(due)
    }

    fn payload(&self) -> usize {
        // At most LARGEST, by construction.
        self.packet.get().saturating_sub(HEADERS) as usize
    }
}

fn phase(seed: Seed, interval: Span) -> Span {
    Span::from_ns(seed.derive("phase").below(interval.ns()))
}

/// Sends every datagram when it is due.
pub(crate) async fn send(
    job: &FlowJob,
    schedule: Schedule,
    watch: &mut Watch,
    facts: &mut Facts,
) -> Result<()> {
    let any = match job.address {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    // Not connected: a receiver that is not there would answer with errors, and what is sent
    // depends on nobody.
    let socket = socket::datagrams(any)?;
    let mut datagram = vec![0; schedule.payload()];
    let mut sent = 0;
    let mut number = 0;
    while let Some(due) = schedule.due(number) {
        let now = watch.until(due).await.context("wait")?;
        if now.since(due) <= CATCH_UP {
            label(&mut datagram, job.tag(), number);
            let send = socket.send_to(&datagram, job.address);
            if let Some(result) = watch.before(job.end, send).await.context("wait")? {
                result.with_context(|| format!("send to {}", job.address))?;
                sent += 1;
            }
        }
        facts.sent_packets = Some(sent);
        number += 1;
    }
    watch.until(job.end).await.context("wait")?;
    Ok(())
}

/// Counts the datagrams that arrive until a little after the end.
pub(crate) async fn receive(
    job: &FlowJob,
    schedule: Schedule,
    watch: &mut Watch,
    facts: &mut Facts,
) -> Result<()> {
    let socket = socket::datagrams(job.address)?;
    facts.packets = Some(0);
    let count = async {
        // One byte more than is due tells a stranger's datagram from one of the flow's.
        let mut datagram = vec![0; schedule.payload() + 1];
        loop {
            let length = socket.recv(&mut datagram).await?;
            let datagram = datagram.get(..length).unwrap_or_default();
            let known = number(datagram, job.tag()).and_then(|number| schedule.due(number));
            if known.is_some() && length == schedule.payload() {
                facts.packets = facts.packets.map(|packets| packets + 1);
                facts.bytes += length as u64;
            }
        }
    };
    let failed: Option<std::io::Result<()>> =
        watch.before(job.end.after(GRACE), count).await.context("wait")?;
    failed.transpose().context("receive")?;
    facts.overflows = socket::overflows(&socket)?;
    Ok(())
}

fn label(datagram: &mut [u8], tag: u64, number: u64) {
    let label = (u128::from(tag) << 64) | u128::from(number);
    for (to, from) in datagram.iter_mut().zip(label.to_be_bytes()) {
        *to = from;
    }
}

/// The number of a datagram that has the tag.
fn number(datagram: &[u8], tag: u64) -> Option<u64> {
    let label = u128::from_be_bytes(*datagram.first_chunk()?);
    (label >> 64 == u128::from(tag)).then_some(label as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Kind, Role};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn job(rate: BitRate, packet: Bytes, end: Time, seed: Option<u64>) -> FlowJob {
        FlowJob {
            traffic: 0,
            flow: 0,
            role: Role::Send,
            kind: Kind::Udp { rate, packet },
            from: String::new(),
            to: String::new(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            start: Time::ZERO,
            end,
            seed: Seed::new(seed.unwrap_or(0)),
            random_phase: seed.is_some(),
        }
    }

    proptest! {
        #[test]
        fn no_time_has_a_packet_more_or_less_than_the_rate(
            bps in 1_000..10_000_000_000u64,
            size in HEADERS + LABEL..=LARGEST,
            ns in 1..100_000_000_000_000u64,
        ) {
            let (rate, packet, end) = (BitRate::from_bps(bps), Bytes::new(size), Time::from_ns(ns));
            let schedule = Schedule::new(&job(rate, packet, end, None), rate, packet).unwrap();
            let fit = u128::from(bps) * u128::from(ns) / (u128::from(size) * 8_000_000_000);
            let fit = u64::try_from(fit).unwrap();
            prop_assert_eq!(schedule.due(0), Some(Time::ZERO));
            prop_assert!(fit == 0 || schedule.due(fit - 1).is_some());
            prop_assert_eq!(schedule.due(fit + 1), None);
            // Neither does the distance of any two.
            let (a, b) = (schedule.due(fit / 3), schedule.due(fit / 2));
            if let (Some(a), Some(b)) = (a, b) {
                let exact = rate.time_for(Bytes::new((fit / 2 - fit / 3) * size)).unwrap();
                prop_assert!(b.since(a).ns().abs_diff(exact.ns()) <= 1);
            }
        }

        #[test]
        fn a_drawn_phase_is_shorter_than_an_interval_and_moves_every_datagram(
            seed in any::<u64>(),
            number in 0..1_000u64,
        ) {
            let (rate, packet) = (BitRate::from_bps(3_000_000), Bytes::new(1_000));
            let new = |seed| Schedule::new(&job(rate, packet, Time::NEVER, seed), rate, packet);
            let (fixed, drawn) = (new(None).unwrap(), new(Some(seed)).unwrap());
            let phase = drawn.due(0).unwrap().since(Time::ZERO);
            prop_assert!(phase < rate.time_for(packet).unwrap());
            let due = drawn.due(number).unwrap();
            prop_assert_eq!(due, fixed.due(number).unwrap().after(phase));
        }
    }

    #[test]
    fn labels_are_read_as_they_were_written() {
        let mut datagram = [0xff; 40];
        label(&mut datagram, 5, 7);
        assert_eq!(number(&datagram, 5), Some(7));
        assert_eq!(number(&datagram, 6), None);
        assert_eq!(number(&datagram[..15], 5), None);
        assert_eq!(datagram[16..], [0xff; 24]);
    }
}
