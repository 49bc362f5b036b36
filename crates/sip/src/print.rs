//! How values are put back on the wire.

/// Writes itself as SIP text.
///
/// What a parser of this crate read and prints again parses to the same value.
pub trait Print {
    /// Appends the text to `out`.
    fn print(&self, out: &mut Vec<u8>);

    /// The text on its own; for tests and rare paths, since it allocates.
    fn printed(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.print(&mut out);
        out
    }
}

impl Print for u32 {
    fn print(&self, out: &mut Vec<u8>) {
        let mut digits = [0; 10];
        let mut rest = *self;
        let mut used = 0;
        for slot in digits.iter_mut().rev() {
            *slot = b'0' + (rest % 10) as u8;
            rest /= 10;
            used += 1;
            if rest == 0 {
                break;
            }
        }
        out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_decimal_digits() {
        assert_eq!(0u32.printed(), b"0");
        assert_eq!(907u32.printed(), b"907");
        assert_eq!(u32::MAX.printed(), b"4294967295");
    }
}
