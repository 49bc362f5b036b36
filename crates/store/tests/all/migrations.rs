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

pub(crate) async fn registrations_of_an_older_warden_are_taken_over_and_given_back(database: TestDatabase) {
    let options = StoreOptions::default;
    Store::migrate_to(&database.url, options(), 1).await.expect("version 1");
    let contact =
        if database.url.starts_with("sqlite") { "x'7369703a3140613a35303630'" } else { "'sip:1@a:5060'::bytea" };
    database
        .execute(&format!(
            "INSERT INTO bindings (extension, contact, transport, local, remote, expires_at_ms, q_permille, call_id, \
             sequence, user_agent) VALUES ('1001', {contact}, 'UDP', '192.0.2.1:5060', '192.0.2.9:5062', 5, 700, \
             {contact}, 7, 'Phone/1')"
        ))
        .await;
    let is_as_it_was = async || {
        let store = database.open().await;
        let saved = store.load_bindings().await.expect("load");
        store.close().await;
        let [one] = <[_; 1]>::try_from(saved).expect("one");
        assert_eq!((&*one.key, &*one.contact), (&b"sip:1@a:5060"[..], &b"sip:1@a:5060"[..]));
        assert_eq!((one.source, one.q_permille, one.sequence), (one.remote, 700, 7));
        assert_eq!((one.reg_id, one.instance.len(), one.path.len(), one.parameters.len()), (0, 0, 0, 0));
    };
    is_as_it_was().await;
    Store::migrate_to(&database.url, options(), 2).await.expect("back to version 2");
    is_as_it_was().await;
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
