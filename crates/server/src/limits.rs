//! What the operating system allows the process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Allows as many open sockets as may be allowed without more rights: a call takes four.
pub(crate) fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without it there are fewer calls at once.
    let _raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
