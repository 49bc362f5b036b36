//! Database URLs.

use std::str::FromStr;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

use crate::error::OpenError;

/// Where a database is.
///
/// Its `Debug` would show the password, so it has none.
pub(crate) enum Address {
    /// A file.
    Sqlite {
        options: Box<SqliteConnectOptions>,
        /// Whether it is made when it is missing.
        may_create: bool,
    },
    /// A server.
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        let (scheme, rest) = url.split_once(':').unwrap_or_default();
        match scheme {
            "sqlite" => Self::sqlite(url, rest),
            "postgres" | "postgresql" => Self::postgres(url),
            other => Err(OpenError::Scheme { scheme: other.chars().take(16).collect() }),
        }
    }

    fn sqlite(url: &str, rest: &str) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::from_str(url).map_err(|_| OpenError::Url { kind: "SQLite" })?;
        let file = rest.split('?').next().unwrap_or_default().trim_start_matches('/');
        if file.is_empty() || file == ":memory:" || rest.contains("mode=memory") {
            return Err(OpenError::Url { kind: "SQLite" }); // each connection would see a database of its own
        }
        let may_create = !rest.contains("mode=") || rest.contains("mode=rwc");
        Ok(Self::Sqlite { options: Box::new(options), may_create })
    }

    fn postgres(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| OpenError::Url { kind: "PostgreSQL" })?;
        let address = Self::Postgres(Box::new(options.clone()));
        match options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Ok(address),
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => {
                Err(OpenError::Tls { address: address.shown() })
            }
        }
    }

    /// For people: the file, or user, host, port and database; never the password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Sqlite { options, .. } => options.get_filename().display().to_string(),
            Self::Postgres(options) => {
                let (user, port) = (options.get_username(), options.get_port());
                let database = options.get_database().unwrap_or(user);
                let host = options.get_socket().map_or(options.get_host().into(), |path| path.to_string_lossy());
                format!("postgres://{user}@{host}:{port}/{database}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let address =
            Address::parse("postgres://warden:s3cret@db.example:5433/pbx").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(address.shown(), "postgres://warden@db.example:5433/pbx");
        for bad in ["postgres://warden:s3cret@db.example:notaport/pbx", "mysql://u:s3cret@h/d", "s3cret"] {
            let error = Address::parse(bad).err().expect("bad");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn tls_that_is_asked_for_and_not_built_is_refused() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://warden:s3cret@db.example/pbx?sslmode={mode}");
            assert!(matches!(Address::parse(&url), Err(OpenError::Tls { .. })), "{mode}");
        }
        assert!(Address::parse("postgres://db.example/pbx?sslmode=prefer").is_ok());
    }

    #[test]
    fn a_database_in_memory_is_refused() {
        for bad in ["sqlite::memory:", "sqlite://:memory:", "sqlite:", "sqlite:x?mode=memory"] {
            assert!(matches!(Address::parse(bad), Err(OpenError::Url { .. })), "{bad}");
        }
    }
}
