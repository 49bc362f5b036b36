//! The connection: one writer and some readers on SQLite, a pool on PostgreSQL.

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions, Connection};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode, SqlxPostgresConnector,
    SqlxSqliteConnector, TransactionOptions, TransactionTrait, sqlx,
};

use crate::address::Address;
use crate::error::{OpenError, StoreError};
use crate::migration::{self, MigrateError};

/// How the database is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Connections that read; PostgreSQL shares them with writing.
    pub readers: u32,
    /// How long to wait for another program that writes to the same SQLite file.
    pub busy_timeout: Duration,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
}

impl Default for StoreOptions {
    /// 4 readers; 5 s for another writer; 10 s for a connection.
    fn default() -> Self {
        Self { readers: 4, busy_timeout: Duration::from_secs(5), connect_timeout: Duration::from_secs(10) }
    }
}

/// An open database. A clone is another handle to the same connections.
#[derive(Clone)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
}

impl Store {
    /// Opens the database of this URL, `sqlite:///path`, `sqlite:path?mode=rwc` or `postgres://user:password@host/name`,
    /// and brings its tables up to date.
    ///
    /// A missing SQLite file is made, readable by its owner only, unless the URL has another `mode`.
    ///
    /// # Errors
    /// [`OpenError`]; none of them shows the password.
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self, OpenError> {
        let store = Self::connect(url, options).await?;
        store.migrate(None, url).await?;
        Ok(store)
    }

    /// Takes the tables down, or up, to this version. 0 is an empty database: **everything in it is lost**.
    ///
    /// # Errors
    /// [`OpenError`], as for [`Store::open`].
    pub async fn migrate_to(url: &str, options: StoreOptions, version: i32) -> Result<(), OpenError> {
        let store = Self::connect(url, options).await?;
        let done = store.migrate(Some(version), url).await;
        store.close().await;
        done
    }

    /// The version of the tables.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn schema_version(&self) -> Result<i32, StoreError> {
        migration::version(&self.readers).await.map_err(StoreError::doing("read the version of the tables"))
    }

    /// Closes all connections, after what they are doing.
    pub async fn close(&self) {
        // A pool that is closed already has nothing to tell.
        drop(self.writer.clone().close().await);
        drop(self.readers.clone().close().await);
    }

    pub(crate) fn readers(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// A transaction that writes; on SQLite it waits here for other writers, not in its middle.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
        self.writer.begin_with_options(TransactionOptions { sqlite_transaction_mode, ..Default::default() }).await
    }

    async fn connect(url: &str, options: StoreOptions) -> Result<Self, OpenError> {
        let address = Address::parse(url)?;
        if let Address::Sqlite { options: sqlite, may_create: true } = &address {
            make_file(sqlite.get_filename()).map_err(|source| OpenError::File { address: address.shown(), source })?;
        }
        let shown = address.shown();
        let connected = match address {
            Address::Sqlite { options: sqlite, .. } => Self::connect_sqlite(*sqlite, options).await,
            Address::Postgres(postgres) => Self::connect_postgres(*postgres, options).await,
        };
        connected.map_err(|cause| OpenError::Connect {
            address: shown,
            source: DbErr::Conn(RuntimeErr::SqlxError(cause.into())),
        })
    }

    async fn connect_sqlite(file: SqliteConnectOptions, options: StoreOptions) -> Result<Self, sqlx::Error> {
        let file = file
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(options.busy_timeout)
            .disable_statement_logging();
        let pool = |size| {
            let pool = SqlitePoolOptions::new().max_connections(size).acquire_timeout(options.connect_timeout);
            // SQLite may end a transaction by itself, as on a full disk. The driver miscounts then: what is begun next
            // on this connection would lie within a transaction that nobody commits. So it is closed.
            pool.after_release(|connection, _| {
                Box::pin(async {
                    connection.ping().await?; // after a rollback that is on its way
                    Ok(!connection.is_in_transaction())
                })
            })
        };
        let give_up_at = Instant::now() + options.busy_timeout;
        let writer = loop {
            // SQLite does not wait by itself while another program makes the same new file a WAL one.
            match pool(1).connect_with(file.clone()).await {
                Err(error) if is_busy(&error) && Instant::now() < give_up_at => tokio::time::sleep(BUSY_PAUSE).await,
                connected => break connected?,
            }
        };
        let readers = pool(options.readers.max(1)).connect_with(file.pragma("query_only", "1")).await?;
        Ok(Self {
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
            readers: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
        })
    }

    async fn connect_postgres(server: PgConnectOptions, options: StoreOptions) -> Result<Self, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(options.readers.max(1) + 1)
            .acquire_timeout(options.connect_timeout)
            .connect_with(server.disable_statement_logging())
            .await?;
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        Ok(Self { writer: connection.clone(), readers: connection })
    }

    async fn migrate(&self, to: Option<i32>, url: &str) -> Result<(), OpenError> {
        let Err(error) = migration::run(self, to).await else { return Ok(()) };
        let address = Address::parse(url)?.shown();
        self.close().await;
        Err(match error {
            MigrateError::Newer { found, known } => OpenError::Newer { address, found, known },
            MigrateError::Database(source) => OpenError::Migrate { address, source },
        })
    }
}

/// Between two attempts to open a file that another program is opening.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Whether another program has the file locked: `SQLITE_BUSY`, with or without a reason in its upper bits.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Shows nothing: the connections know the password.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// The database holds what serves as passwords, so only its owner may read it; SQLite gives its other files the same
/// permissions.
fn make_file(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}
