//! A fresh database for one case.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use warden_store::{Store, StoreOptions};

/// Where it is; gone with this value.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    /// For the case's own files, and for SQLite's.
    pub(crate) directory: TempDir,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("temporary directory");
        Self { url: format!("sqlite://{}/warden.db", directory.path().display()), directory }
    }

    pub(crate) fn postgres(url: String) -> Self {
        Self { url, directory: tempfile::tempdir().expect("temporary directory") }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url, StoreOptions::default()).await.expect("opens")
    }

    /// A connection beside the store.
    pub(crate) async fn aside(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.expect("connects")
    }

    /// Runs one statement beside the store.
    pub(crate) async fn execute(&self, sql: &str) {
        let aside = self.aside().await;
        aside.execute_unprepared(sql).await.expect(sql);
        aside.close().await.expect("closes");
    }
}
