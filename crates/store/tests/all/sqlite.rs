//! What only SQLite has: files.

use std::os::unix::fs::PermissionsExt;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use warden_store::{OpenError, Store, StoreOptions};

use crate::database::TestDatabase;
use crate::run;

#[test]
fn only_the_owner_can_read_the_database() {
    run(async {
        let database = TestDatabase::sqlite();
        let store = database.open().await;
        for name in ["warden.db", "warden.db-wal"] {
            let file = std::fs::metadata(database.directory.path().join(name)).expect(name);
            assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
        }
        let aside = database.aside().await;
        let mode = aside.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode"));
        let mode: String = mode.await.expect("asked").expect("a row").try_get_by_index(0).expect("a text");
        assert_eq!(mode, "wal");
        store.close().await;
    });
}

#[test]
fn a_file_that_cannot_be_made_or_is_missing_is_named() {
    run(async {
        let open = async |url: &str| Store::open(url, StoreOptions::default()).await.expect_err("refused");
        let error = open("sqlite:///nowhere/at/all/warden.db").await;
        assert!(matches!(error, OpenError::File { .. }), "{error:?}");
        assert!(error.to_string().contains("/nowhere/at/all/warden.db"), "{error}");
        let database = TestDatabase::sqlite();
        let error = open(&format!("{}?mode=rw", database.url)).await;
        assert!(matches!(error, OpenError::Connect { .. }), "{error:?}");
        assert!(error.to_string().contains("warden.db"), "{error}");
    });
}
