//! Identities that nothing else has.

/// Where the kernel gives out a new one with each reading.
const SOURCE: &str = "/proc/sys/kernel/random/uuid";

/// A new identity, as objects have them.
///
/// # Panics
///
/// Where the kernel has none to give.
pub fn new_uid() -> String {
    let uid = std::fs::read_to_string(SOURCE).unwrap_or_else(|why| panic!("{SOURCE}: {why}"));
    uid.trim().to_owned()
}

/// Letters that the API server makes up names from.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Five random letters, as they stand behind generated names.
pub fn suffix() -> String {
    new_uid()
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .collect::<Vec<_>>()
        .chunks(2)
        .take(5)
        .map(|pair| {
            let number = pair.iter().fold(0_usize, |number, digit| number * 31 + usize::from(*digit));
            char::from(LETTERS[number % LETTERS.len()])
        })
        .collect()
}
