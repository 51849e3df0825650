//! `[tcp]`: how TCP behaves on every node.

use crate::Error;
use crate::plan::TcpProfile;
use crate::section::{Field, Section};
use std::ops::RangeInclusive;
use weir_units::Bytes;

/// What the guest's kernel is built with; `tcp_available_congestion_control` lists them.
pub(crate) const CONGESTION_CONTROLS: [(&str, &str); 3] =
    [("cubic", "cubic"), ("bbr", "bbr"), ("reno", "reno")];

/// From one page, below which the kernel rounds up, to what its signed 32-bit sysctl can hold.
pub(crate) const BUFFERS: RangeInclusive<Bytes> = Bytes::new(4096)..=Bytes::new(1_000_000_000);

/// Up to a window that fills any path at once: beyond, TCP's own start is not seen any more.
pub(crate) const INITIAL_WINDOWS: RangeInclusive<u64> = 1..=1000;

impl Default for TcpProfile {
    /// What Linux does by itself on a machine of 4 GB and more (its buffers depend on the memory),
    /// but without ECN, which it only grants to those who ask.
    fn default() -> Self {
        Self {
            congestion_control: "cubic".to_owned(),
            receive_buffer: Bytes::new(6_000_000),
            send_buffer: Bytes::new(4_000_000),
            initial_window: 10,
            slow_start_after_idle: true,
            ecn: false,
            sack: true,
        }
    }
}

pub(crate) fn read(field: Option<Field<'_>>) -> Result<TcpProfile, Error> {
    let Some(field) = field else { return Ok(TcpProfile::default()) };
    field.section("[tcp]", "experiments [tcp]", profile)
}

pub(crate) fn congestion_control(field: Field<'_>) -> Result<String, Error> {
    field.one_of(&CONGESTION_CONTROLS).map(str::to_owned)
}

fn profile(section: &Section<'_>) -> Result<TcpProfile, Error> {
    let default = TcpProfile::default();
    let control = section.read("congestion_control", congestion_control)?;
    let buffer = |key| section.read(key, |f| f.quantity(BUFFERS));
    let window = section.read("initial_window", |f| f.count(INITIAL_WINDOWS))?;
    let flag = |key| section.read(key, |f| f.flag());
    Ok(TcpProfile {
        congestion_control: control.unwrap_or(default.congestion_control),
        receive_buffer: buffer("receive_buffer")?.unwrap_or(default.receive_buffer),
        send_buffer: buffer("send_buffer")?.unwrap_or(default.send_buffer),
        initial_window: window.unwrap_or(default.initial_window),
        slow_start_after_idle: flag("slow_start_after_idle")?
            .unwrap_or(default.slow_start_after_idle),
        ecn: flag("ecn")?.unwrap_or(default.ecn),
        sack: flag("sack")?.unwrap_or(default.sack),
    })
}
