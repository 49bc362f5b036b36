//! Rounds of a worker without a thread.

mod rounds;
