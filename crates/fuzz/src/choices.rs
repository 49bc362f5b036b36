//! Bytes as a row of choices: what to do next, with which of a few things.

/// What is left of the input. When it is used up every choice is the first.
pub(crate) struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.rest.split_off_first().copied().unwrap_or_default()
    }

    /// 0 to `n` - 1; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()).checked_rem(n).unwrap_or_default()
    }

    /// True for one of `n` values, never when the input is used up.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of a table, which has at least one entry.
    pub(crate) fn pick<T: Copy>(&mut self, table: &[T]) -> T {
        table[self.below(table.len())]
    }

    /// One of what there is, if there is any.
    pub(crate) fn choose<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        if of.is_empty() { None } else { of.get(self.below(of.len())) }
    }

    /// Changes a byte of a message, cuts it off or doubles a part, one time in eight.
    pub(crate) fn damage(&mut self, message: &mut Vec<u8>) {
        if !self.one_in(8) || message.is_empty() {
            return;
        }
        let at = usize::from(u16::from_be_bytes([self.byte(), self.byte()])) % message.len();
        match self.below(4) {
            0 => message[at] = self.byte(),
            1 => message.truncate(at),
            2 => drop(message.remove(at)),
            _ => {
                let end = (at + 1 + self.below(64)).min(message.len());
                let doubled = message[at..end].to_vec();
                message.splice(at..at, doubled);
            }
        }
    }
}
