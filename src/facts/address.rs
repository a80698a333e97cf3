//! Which addresses of other machines may be called: public ones, and those that the operator lists.
//!
//! Who may enter a URL here must not reach what only this server can reach: its own services, its neighbours, a cloud's metadata.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A range of addresses, such as `10.0.0.0/8` or `192.168.1.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    base: IpAddr,
    bits: u8,
}

/// IPv4 ranges that are not for everybody: the IANA registry of special-purpose addresses (RFC 6890), and multicast.
const NOT_PUBLIC_V4: [([u8; 4], u8); 14] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

impl AddressRange {
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u64::from(base.to_bits()) >> shift == u64::from(address.to_bits()) >> shift
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for AddressRange {
    /// Completes the sentence "`name`: …".
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("an address or a range like 10.0.0.0/8 is expected, not `{text}`");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| expected())?)),
            None => (text, None),
        };
        let address = address.trim_matches(['[', ']']);
        let base: IpAddr = address.parse().map_err(|_| expected())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(expected()) } else { Ok(Self { base, bits }) }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// Whether everybody can reach this address, so that calling it gives nobody more than they have.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(base, bits): &([u8; 4], u8)| {
        AddressRange { base: Ipv4Addr::from(*base).into(), bits: *bits }.contains(address.into())
    };
    !NOT_PUBLIC_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    match parts {
        // NAT64 (RFC 6052): the IPv4 address is what is reached.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Protocol assignments and Teredo; documentation; 6to4, which leads to an IPv4 address.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Global unicast is all that is given out (RFC 4291).
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Whether an address may be called.
#[must_use]
pub fn may_call(address: IpAddr, allowed: &[AddressRange]) -> bool {
    is_public(address) || allowed.iter().any(|range| range.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn what_only_this_machine_reaches_is_not_public() {
        for inside in [
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "::7f00:1",
        ] {
            assert!(!public(inside), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "100.128.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860::8888",
            "64:ff9b::101:101",
        ] {
            assert!(public(outside), "{outside}");
        }
    }

    #[test]
    fn ranges_are_read_and_hold_what_they_say() {
        let holds = |range: &str, address: &str| {
            range.parse::<AddressRange>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("127.0.0.0/8", "127.9.9.9") && !holds("127.0.0.0/8", "128.0.0.1"));
        assert!(holds("10.0.0.1", "10.0.0.1") && !holds("10.0.0.1", "10.0.0.2"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && holds("::/0", "::1") && !holds("::/0", "1.1.1.1"));
        assert!(holds("[fd00::]/8", "fd12::1") && holds("127.0.0.0/8", "::ffff:127.0.0.1"));
        for bad in ["", "localhost", "10.0.0.0/33", "10.0.0.0/", "::1/129", "10.0/8"] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad}");
        }
        let allowed = ["127.0.0.0/8".parse().unwrap()];
        assert!(
            may_call("127.0.0.1".parse().unwrap(), &allowed)
                && !may_call("10.0.0.1".parse().unwrap(), &allowed)
        );
    }
}
