//! Filters of system calls for tests.

use libc::c_long;

/// Refuses these calls, and no others: an array of the kernel's `struct sock_filter`.
pub fn refusing(calls: &[c_long]) -> Vec<u8> {
    const LOAD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const NOT_PERMITTED: u32 = 0x0005_0001;
    const ALLOW: u32 = 0x7fff_0000;
    let mut program = vec![(LOAD, 0_u8, 0_u32)];
    for call in calls {
        program.extend([(JUMP_IF_EQUAL, 1, u32::try_from(*call).unwrap()), (RETURN, 0, NOT_PERMITTED)]);
    }
    program.push((RETURN, 0, ALLOW));
    let encode = |(code, otherwise, value): (u16, u8, u32)| {
        [&code.to_ne_bytes()[..], &[0, otherwise], &value.to_ne_bytes()].concat()
    };
    program.into_iter().flat_map(encode).collect()
}
