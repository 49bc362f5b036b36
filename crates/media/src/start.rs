//! Where simulated time begins in the tests of this crate.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
pub(crate) fn start() -> Instant {
    Instant::now()
}
