//! Whether there is a connection to somewhere, as the kernel has it for this network namespace
//! (`/proc/net/tcp`, proc_pid_net(5)).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, SocketAddr};

/// Of the kernel's list, in bytes: several hundred thousand connections, those included that wait
/// for their end.
const MAX_LIST: u64 = 64 << 20;
/// The kernel writes the list page by page.
const PAGES: usize = 64 << 10;
/// `TCP_ESTABLISHED`.
const ESTABLISHED: &str = "01";

/// Whether a connection to this address is established.
pub(super) fn has(address: SocketAddr) -> bool {
    let list = if address.is_ipv4() { "/proc/self/net/tcp" } else { "/proc/self/net/tcp6" };
    File::open(list).is_ok_and(|list| lists(list, address).unwrap_or(false))
}

fn lists(list: impl Read, address: SocketAddr) -> io::Result<bool> {
    for line in BufReader::with_capacity(PAGES, list.take(MAX_LIST)).lines().skip(1) {
        let line = line?;
        // Number, local address, remote address, state.
        let mut fields = line.split_ascii_whitespace().skip(2);
        let remote = fields.next().and_then(parsed);
        if remote == Some(address) && fields.next() == Some(ESTABLISHED) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An address as `0101007F:1F90`: words of 32 bits in the machine's byte order, and the port.
fn parsed(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let words = host.as_bytes().chunks(8).map(|word| {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        Some(word.to_ne_bytes())
    });
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    let host = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(four),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?),
    };
    Some(SocketAddr::new(host, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn an_established_connection_is_found_and_only_while_it_is_there() {
        for host in ["127.0.0.1", "::1"] {
            let listener = TcpListener::bind((host, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            assert!(!has(address), "a server that listens is no connection to it");
            let stream = TcpStream::connect(address).unwrap();
            assert!(has(address));
            drop((stream, listener));
            assert!(!has(address));
        }
    }

    #[test]
    fn a_list_that_is_cut_or_strange_lists_nothing() {
        let address = "127.0.0.1:8080".parse().unwrap();
        let lists = |list: &str, address| lists(list.as_bytes(), address).unwrap();
        let host = format!("{:08X}", u32::from_ne_bytes([127, 0, 0, 1]));
        let list = format!("head\n 0: 00000000:0000 {host}:1F90 01 0\n");
        assert!(lists(&list, address));
        assert!(!lists(&list, "127.0.0.1:8081".parse().unwrap()));
        assert!(!lists(&list.replace(" 01 ", " 06 "), address), "it waits for its end");
        let until_state = list.find(" 01 ").unwrap() + 2;
        for end in 0..=until_state {
            assert!(!lists(&list[..end], address), "cut at {end}");
        }
        for strange in
            ["x\n1 2 3 4", "x\n1 2 :: 01", "x\n1 2 0G:1 01", "x\n1 2 \u{20ac}\u{20ac}\u{20ac}:1 01"]
        {
            assert!(!lists(strange, address), "{strange}");
        }
    }
}
