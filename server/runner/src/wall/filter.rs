//! A filter of system calls that lets only sockets of some families be made, whatever the kernel lets a user do.
//!
//! It also says no to `io_uring`, which makes sockets past every filter.

use libc::{c_int, c_long};

const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
#[cfg(target_arch = "x86_64")]
const JUMP_IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

/// Where `struct seccomp_data` has a call's number, its table, and the lower half of its first argument.
const NUMBER: u32 = 0;
const TABLE: u32 = 4;
const FIRST_ARGUMENT: u32 = if cfg!(target_endian = "big") { 20 } else { 16 };

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;
const NOT_PERMITTED: u32 = 0x0005_0000 | libc::EPERM.unsigned_abs();

#[cfg(target_arch = "x86_64")]
const OWN_TABLE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OWN_TABLE: u32 = 0xc000_00b7;
#[cfg(target_arch = "riscv64")]
const OWN_TABLE: u32 = 0xc000_00f3;

const REFUSED: [c_long; 3] =
    [libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// One instruction: what it does, how many of the next ones it skips if its comparison holds or does not, and its value.
type Instruction = (u16, u8, u8, u32);

/// The filter that lets sockets of `families` alone be made, as an array of the kernel's `struct sock_filter`.
pub fn sockets(families: &[c_int]) -> Vec<u8> {
    let mut program: Vec<Instruction> = vec![
        (LOAD, 0, 0, TABLE),
        (JUMP_IF_EQUAL, 1, 0, OWN_TABLE),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ];
    // Another table that shares the name of this one and offsets every number.
    #[cfg(target_arch = "x86_64")]
    program.extend([(JUMP_IF_AT_LEAST, 0, 1, 0x4000_0000), (RETURN, 0, 0, KILL)]);
    for call in REFUSED {
        program.extend([(JUMP_IF_EQUAL, 0, 1, number(call)), (RETURN, 0, 0, NOT_PERMITTED)]);
    }
    program.extend([
        (JUMP_IF_EQUAL, 2, 0, number(libc::SYS_socket)),
        (JUMP_IF_EQUAL, 1, 0, number(libc::SYS_socketpair)),
        (RETURN, 0, 0, ALLOW),
        (LOAD, 0, 0, FIRST_ARGUMENT),
    ]);
    for family in families {
        program.extend([(JUMP_IF_EQUAL, 0, 1, family.unsigned_abs()), (RETURN, 0, 0, ALLOW)]);
    }
    program.push((RETURN, 0, 0, NOT_PERMITTED));
    program.into_iter().flat_map(encode).collect()
}

fn number(call: c_long) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

fn encode((code, then, otherwise, value): Instruction) -> Vec<u8> {
    let mut bytes = code.to_ne_bytes().to_vec();
    bytes.extend([then, otherwise]);
    bytes.extend(value.to_ne_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter says of a call, by the rules of the kernel's machine.
    fn answer(filter: &[u8], table: u32, call: c_long, first: u32) -> u32 {
        let (mut at, mut held) = (0, 0);
        loop {
            let bytes = &filter[at * 8..at * 8 + 8];
            let code = u16::from_ne_bytes([bytes[0], bytes[1]]);
            let value = u32::from_ne_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
            let holds = match code {
                LOAD => {
                    held = match value {
                        NUMBER => number(call),
                        TABLE => table,
                        _ => first,
                    };
                    false
                }
                JUMP_IF_EQUAL => held == value,
                RETURN => return value,
                _ => held >= value,
            };
            at += 1 + usize::from(if holds { bytes[2] } else { bytes[3] });
        }
    }

    #[test]
    fn sockets_of_the_families_alone_can_be_made() {
        let filter = sockets(&[libc::AF_UNIX, libc::AF_INET]);
        let family = |call, family: c_int| answer(&filter, OWN_TABLE, call, family.cast_unsigned());
        for call in [libc::SYS_socket, libc::SYS_socketpair] {
            assert_eq!(family(call, libc::AF_UNIX), ALLOW);
            assert_eq!(family(call, libc::AF_INET), ALLOW);
            for other in
                [libc::AF_INET6, libc::AF_NETLINK, libc::AF_PACKET, libc::AF_VSOCK, libc::AF_ALG, 0, -1]
            {
                assert_eq!(family(call, other), NOT_PERMITTED, "{other}");
            }
        }
    }

    #[test]
    fn other_calls_are_let_through_but_not_through_rings_or_other_tables() {
        let filter = sockets(&[libc::AF_UNIX]);
        for call in [libc::SYS_read, libc::SYS_connect, libc::SYS_execve, libc::SYS_unshare] {
            assert_eq!(answer(&filter, OWN_TABLE, call, 0), ALLOW);
        }
        for call in REFUSED {
            assert_eq!(answer(&filter, OWN_TABLE, call, 0), NOT_PERMITTED);
        }
        assert_eq!(answer(&filter, 0x4000_0003, libc::SYS_read, 0), KILL);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(answer(&filter, OWN_TABLE, 0x4000_0000 | libc::SYS_socket, 2), KILL);
    }
}
