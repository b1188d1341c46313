//! Takes more memory than there is, in a way that does not depend on what programs an image has.

use std::thread;
use std::time::Duration;

/// How much is taken at once, in bytes.
const PIECE: usize = 2 << 20;
/// How often. That is slow enough for whoever watches to see it grow, and quick enough where the machine is only played by
/// a program.
const PAUSE: Duration = Duration::from_millis(10);
/// More than any job may have, in bytes.
const ENOUGH: usize = 16 << 30;

/// Takes memory and writes to all of it, until somebody stops it. Returns only when nobody does.
pub fn grow() -> Result<(), String> {
    let mut taken = Vec::new();
    while taken.len() * PIECE < ENOUGH {
        // Zeroes would be promised, and not be there yet.
        taken.push(vec![1_u8; PIECE]);
        std::hint::black_box(&taken);
        thread::sleep(PAUSE);
    }
    Err(format!("nobody minds {} GiB of memory being taken", ENOUGH >> 30))
}
