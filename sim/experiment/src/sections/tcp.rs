//! `[tcp]`: how TCP behaves on every node.

use crate::document::section::{Field, Section};
use weir_plan::{Error, TcpProfile, limits};

pub(crate) fn read(field: Option<Field<'_>>) -> Result<TcpProfile, Error> {
    let Some(field) = field else { return Ok(TcpProfile::default()) };
    field.section("[tcp]", "experiments [tcp]", profile)
}

pub(crate) fn congestion_control(field: Field<'_>) -> Result<String, Error> {
    field.one_of(&limits::CONGESTION_CONTROLS.map(|name| (name, name))).map(str::to_owned)
}

fn profile(section: &Section<'_>) -> Result<TcpProfile, Error> {
    let default = TcpProfile::default();
    let control = section.read("congestion_control", congestion_control)?;
    let buffer = |key| section.read(key, |f| f.quantity(limits::TCP_BUFFERS));
    let window = section.read("initial_window", |f| f.count(limits::INITIAL_WINDOWS))?;
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
