//! What the files weigh, and what they may.

use std::fmt;

use brotli::enc::BrotliEncoderParams;

/// Sizes in bytes.
pub(crate) struct Sizes {
    /// The module as cargo built it.
    pub raw: usize,
    /// The module as it is served.
    pub module: usize,
    pub module_brotli: usize,
    /// The glue.
    pub glue: usize,
    pub glue_brotli: usize,
}

/// The files are too large for what they do.
#[derive(Debug, thiserror::Error)]
#[error(
    "module and glue are {actual} bytes with brotli, {over} more than their budget of {budget}.\n\
     See what came in:  cargo tree -p regatta-islands --features hydrate --target wasm32-unknown-unknown\n\
     Parsers, time zones and wide generics belong on the server; a date or a dialog needs a custom element, no island.\n\
     If it is worth its weight, raise FRONT_BUDGET in the Makefile and say why.",
    over = actual - budget
)]
pub(crate) struct Overweight {
    actual: usize,
    budget: usize,
}

impl Sizes {
    /// Refuses what is larger than `budget`, compressed.
    pub fn within(&self, budget: usize) -> Result<(), Overweight> {
        let actual = self.module_brotli + self.glue_brotli;
        if actual > budget { Err(Overweight { actual, budget }) } else { Ok(()) }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "module: {} as built, {} as served, {} with brotli",
            Kilobytes(self.raw),
            Kilobytes(self.module),
            Kilobytes(self.module_brotli)
        )?;
        write!(f, "glue:   {}, {} with brotli", Kilobytes(self.glue), Kilobytes(self.glue_brotli))
    }
}

/// A size as one reads it, in units of 1000 bytes.
struct Kilobytes(usize);

impl fmt::Display for Kilobytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} kB", self.0 / 1_000, self.0 % 1_000 / 100)
    }
}

/// `bytes` compressed with brotli at its best quality.
pub(crate) fn brotli(bytes: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut compressed = Vec::new();
    // Reading from a slice and writing to a vector cannot fail.
    let _ = brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &params);
    compressed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> Sizes {
        Sizes { raw: 900_000, module: 200_000, module_brotli: 70_000, glue: 20_000, glue_brotli: 6_000 }
    }

    #[test]
    fn module_and_glue_share_the_budget() {
        assert!(sizes().within(76_000).is_ok());
        let refused = sizes().within(75_999).unwrap_err().to_string();
        assert!(refused.contains("76000 bytes with brotli, 1 more than their budget of 75999"), "{refused}");
        assert!(refused.contains("cargo tree"), "it says what to do: {refused}");
    }

    #[test]
    fn compressed_bytes_read_back() {
        let text = "a sail, a sail, a sail, ".repeat(50);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(text.as_bytes())[..], &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
    }
}
