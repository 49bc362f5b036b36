//! What can go wrong with the database.

use sea_orm::DbErr;

/// A deed on the database that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused, or is not there.
    #[error("cannot {doing}")]
    Database {
        /// The deed, such as `save bindings`.
        doing: &'static str,
        /// Why.
        #[source]
        source: DbErr,
    },
    /// A row holds something that Warden did not write.
    #[error("the database holds {what} that cannot be read: {key}")]
    Damaged {
        /// What it should be.
        what: &'static str,
        /// Of which row.
        key: String,
    },
}

impl StoreError {
    /// For `map_err`.
    pub(crate) fn doing(doing: &'static str) -> impl Fn(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }
}

/// Why a database could not be opened. Addresses are shown without their password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither SQLite nor PostgreSQL.
    #[error("a database URL begins with sqlite: or postgres://, this one with {scheme:?}")]
    Scheme {
        /// What it begins with; empty when there is no colon.
        scheme: String,
    },
    /// The rest of the URL cannot be read; it is not shown, as it may hold a password.
    #[error("the {kind} database URL cannot be read")]
    Url {
        /// `SQLite` or `PostgreSQL`.
        kind: &'static str,
    },
    /// TLS to the database is not built.
    #[error("database {address}: this build cannot use TLS to PostgreSQL; take sslmode=disable, or a Unix socket")]
    Tls {
        /// Which database.
        address: String,
    },
    /// The file cannot be made.
    #[error("cannot make the database file {address}")]
    File {
        /// Which file.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No connection.
    #[error("cannot open the database {address}")]
    Connect {
        /// Which database.
        address: String,
        /// Why.
        #[source]
        source: DbErr,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the tables of the database {address} up to date")]
    Migrate {
        /// Which database.
        address: String,
        /// Why.
        #[source]
        source: DbErr,
    },
    /// A newer Warden has been here.
    #[error(
        "the database {address} was made by a newer Warden: its tables have version {found}, this Warden knows \
         {known}; use the newer program, or restore an older backup"
    )]
    Newer {
        /// Which database.
        address: String,
        /// The version of its tables.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
}
