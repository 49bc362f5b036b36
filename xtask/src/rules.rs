//! The rules as data: which crate may use which (ARCHITECTURE.md, "Layout"), and what a pure crate may not use.
//! A new crate or arrow starts with a line here.

/// What a crate may do besides computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No clock, socket, file, thread or randomness of its own.
    Pure,
    /// Does the input and output.
    Shell,
    /// For tests and tools; never part of the program.
    Dev,
}

/// One crate of the project.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) package: &'static str,
    pub(crate) folder: &'static str,
    pub(crate) kind: Kind,
    /// Our packages that it may depend on.
    pub(crate) may_use: &'static [&'static str],
}

/// A dev-dependency may also be this one, from any crate.
pub(crate) const SIMULATOR: &str = "warden-sim";

/// Every crate of the workspace.
pub(crate) const RULES: &[Rule] = &[
    Rule { package: "warden-sip", folder: "crates/sip", kind: Kind::Pure, may_use: &[] },
    Rule { package: "warden-sdp", folder: "crates/sdp", kind: Kind::Pure, may_use: &[] },
    Rule { package: "warden-config", folder: "crates/config", kind: Kind::Pure, may_use: &[] },
    Rule { package: "warden-speex", folder: "crates/speex", kind: Kind::Pure, may_use: &[] },
    Rule { package: "warden-g729", folder: "crates/g729", kind: Kind::Pure, may_use: &[] },
    Rule {
        package: "warden-codec",
        folder: "crates/codec",
        kind: Kind::Pure,
        may_use: &["warden-g729", "warden-speex"],
    },
    Rule {
        package: "warden-media",
        folder: "crates/media",
        kind: Kind::Pure,
        may_use: &["warden-sdp", "warden-codec"],
    },
    Rule {
        package: "warden-call",
        folder: "crates/call",
        kind: Kind::Pure,
        may_use: &["warden-sip", "warden-sdp", "warden-media", "warden-codec"],
    },
    Rule {
        package: "warden-trace",
        folder: "crates/trace",
        kind: Kind::Pure,
        may_use: &["warden-sip", "warden-sdp", "warden-media", "warden-call"],
    },
    Rule { package: "warden-sound", folder: "crates/sound", kind: Kind::Shell, may_use: &["warden-codec"] },
    Rule { package: "warden-store", folder: "crates/store", kind: Kind::Shell, may_use: &["warden-call"] },
    Rule {
        package: "warden-server",
        folder: "crates/server",
        kind: Kind::Shell,
        may_use: &["warden-sip", "warden-codec", "warden-media", "warden-call", "warden-store", "warden-trace"],
    },
    Rule {
        package: "warden-api",
        folder: "crates/api",
        kind: Kind::Shell,
        may_use: &[
            "warden-call",
            "warden-store",
            "warden-server",
            "warden-config",
            "warden-devices",
            "warden-integrations",
        ],
    },
    Rule {
        package: "warden-devices",
        folder: "crates/devices",
        kind: Kind::Shell,
        may_use: &["warden-call", "warden-store", "warden-server"],
    },
    Rule {
        package: "warden-integrations",
        folder: "crates/integrations",
        kind: Kind::Shell,
        may_use: &["warden-call", "warden-store", "warden-server"],
    },
    Rule {
        package: "warden",
        folder: "crates/warden",
        kind: Kind::Shell,
        may_use: &[
            "warden-sip",
            "warden-sdp",
            "warden-codec",
            "warden-sound",
            "warden-media",
            "warden-call",
            "warden-config",
            "warden-store",
            "warden-server",
            "warden-trace",
            "warden-api",
            "warden-devices",
            "warden-integrations",
        ],
    },
    Rule {
        package: SIMULATOR,
        folder: "crates/sim",
        kind: Kind::Dev,
        may_use: &["warden-sip", "warden-sdp", "warden-codec", "warden-media", "warden-call", "warden-trace"],
    },
    Rule {
        package: "warden-fuzz",
        folder: "crates/fuzz",
        kind: Kind::Dev,
        may_use: &["warden-sip", "warden-sdp", "warden-codec", "warden-media", "warden-call"],
    },
    Rule { package: "xtask", folder: "xtask", kind: Kind::Dev, may_use: &["warden-sound"] },
];

/// Crates that call a library in C. Their lints are a copy of the workspace's, but that a file may allow unsafe code.
pub(crate) const CALLS_C: &[&str] = &["warden-g729", "warden-speex"];

/// Crates that read a clock, open a socket or file, start a thread or draw randomness: a pure crate may use them in
/// tests only.
pub(crate) const IO_CRATES: &[&str] = &[
    "alsa",
    "async-io",
    "async-std",
    "axum",
    "crossbeam-channel",
    "fastrand",
    "getrandom",
    "hickory-resolver",
    "hyper",
    "hyper-util",
    "io-uring",
    "ldap3",
    "lettre",
    "mio",
    "nix",
    "notify",
    "polling",
    "rayon",
    "reqwest",
    "rusqlite",
    "rustix",
    "sea-orm",
    "signal-hook",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "tokio-rustls",
    "tokio-tungstenite",
    "tower-http",
    "tracing-subscriber",
    "ureq",
    "walkdir",
];

/// Features that give a crate its own source of randomness. Its default features contain them all.
pub(crate) const IO_FEATURES: &[(&str, &[&str])] =
    &[("rand", &["os_rng", "sys_rng", "thread_rng"]), ("uuid", &["v1", "v4", "v7"])];

/// Names that say nothing about what a module holds.
pub(crate) const EMPTY_NAMES: &[&str] = &["common", "helpers", "misc", "util", "utils"];

/// The most lines that one source file may have.
pub(crate) const LONGEST_FILE: usize = 500;

/// The clippy settings that every pure crate has a copy of.
pub(crate) const PURE_CLIPPY: &str = "xtask/pure-clippy.toml";

/// The rule for `package`, if the table has it.
pub(crate) fn rule_for(package: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.package == package)
}
