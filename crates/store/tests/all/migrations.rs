//! The tables and their versions.

use warden_store::{OpenError, RecordFilter, Store, StoreOptions};

use crate::database::TestDatabase;
use crate::sample::{at_s, finished, talk};

pub(crate) async fn tables_go_down_and_up_again(database: TestDatabase) {
    let store = database.open().await;
    let newest = store.schema_version().await.expect("version");
    assert!(newest >= 1);
    store.insert_records(&[finished(1, &talk("1001", "1002", at_s(0)))]).await.expect("put");
    store.close().await;
    Store::migrate_to(&database.url, StoreOptions::default(), 0).await.expect("down");
    Store::migrate_to(&database.url, StoreOptions::default(), 0).await.expect("down again");
    let store = database.open().await;
    assert_eq!(store.schema_version().await.expect("version"), newest);
    assert_eq!(store.records(&RecordFilter::default()).await.expect("list"), []);
    store.close().await;
}

pub(crate) async fn tables_of_a_newer_warden_are_refused(database: TestDatabase) {
    database.open().await.close().await;
    database.execute("INSERT INTO schema_versions (version, name, applied_at) VALUES (999, 'future', 0)").await;
    let error = Store::open(&database.url, StoreOptions::default()).await.expect_err("refused");
    assert!(matches!(error, OpenError::Newer { found: 999, .. }), "{error:?}");
    assert!(error.to_string().contains("was made by a newer Warden"), "{error}");
}

pub(crate) async fn two_programs_may_start_at_once(database: TestDatabase) {
    let open = || Store::open(&database.url, StoreOptions::default());
    let (first, second) = tokio::join!(open(), open());
    first.expect("first").close().await;
    second.expect("second").close().await;
}
