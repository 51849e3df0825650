//! How many connections each address has.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, Shutdown};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpStream;

/// The connections of each address that has any.
pub(crate) struct Crowd {
    most: u32,
    held: Mutex<BTreeMap<IpAddr, u32>>,
}

/// A connection's place, until it is dropped.
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    from: IpAddr,
}

impl Crowd {
    /// With at most so many connections from one address.
    pub fn new(most: u32) -> Self {
        Self { most, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<IpAddr, u32>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection; `None` if its address has all that it may have.
    pub fn admit(self: &Arc<Self>, from: IpAddr) -> Option<Place> {
        let from = holder(from);
        let mut held = self.held();
        let count = held.entry(from).or_default();
        // A count of zero is gone, so one that is full is not new.
        (*count < self.most).then(|| {
            *count += 1;
            Place { crowd: Arc::clone(self), from }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.crowd.held();
        if let Some(count) = held.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.from);
            }
        }
    }
}

/// Who has an address: whoever has one of IPv6 has all that share its first 64 bits.
fn holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// Tells a client that there is no place for it, without waiting for it.
pub(crate) fn refuse(stream: TcpStream) {
    const TEXT: &str = "too many connections from this address\n";
    let Ok(mut stream) = stream.into_std() else { return };
    // A connection that is new has room for this. Where a request is there already it is read:
    // closing would drop this answer otherwise.
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{TEXT}",
        TEXT.len()
    );
    drop(stream.write_all(answer.as_bytes()));
    drop(stream.shutdown(Shutdown::Write));
    drop(stream.read(&mut [0; 4096]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_places_back_when_its_connections_end() {
        let crowd = Arc::new(Crowd::new(2));
        let [a, b] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap());
        let held: Vec<_> = [a, a].map(|from| crowd.admit(from).unwrap()).into();
        assert!(crowd.admit(a).is_none());
        let other = crowd.admit(b).unwrap();
        drop(held);
        let again = [a, a].map(|from| crowd.admit(from).unwrap());
        assert!(crowd.admit(a).is_none());
        drop((again, other));
        assert!(crowd.held().is_empty());
    }

    #[test]
    fn addresses_that_one_client_can_choose_from_count_as_one() {
        let crowd = Arc::new(Crowd::new(1));
        let held =
            ["2001:db8::1", "::ffff:10.0.0.1"].map(|text| crowd.admit(text.parse().unwrap()));
        assert!(held.iter().all(Option::is_some));
        for text in ["2001:db8::ffff:ffff:ffff:ffff", "10.0.0.1"] {
            assert!(crowd.admit(text.parse().unwrap()).is_none(), "{text}");
        }
        assert!(crowd.admit("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
