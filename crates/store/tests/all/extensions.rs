//! Extensions and their devices.

use std::sync::Arc;

use warden_call::BindingChange;
use warden_call::directory::{Algorithm, Ha1};
use warden_call::registrar::Binding;
use warden_store::{Clock, ExtensionError, NewExtension, Source};

use crate::database::TestDatabase;
use crate::sample::extension;

fn new(number: &str, password: &str) -> NewExtension {
    NewExtension {
        number: extension(number),
        name: format!("Person {number}"),
        source: Source::Example,
        realm: "warden".into(),
        ha1: Ha1::derive(number.as_bytes(), b"warden", password.as_bytes()),
    }
}

pub(crate) async fn an_extension_is_added_once(database: TestDatabase) {
    let store = database.open().await;
    store.add_extension(&new("1002", "two")).await.expect("added");
    store.add_extension(&new("1001", "one")).await.expect("added");
    let again = store.add_extension(&new("1001", "other")).await;
    assert!(matches!(again, Err(ExtensionError::Exists { name }) if name == "1001"));
    let all = store.extensions().await.expect("list");
    assert_eq!(all.iter().map(|one| one.number.text()).collect::<Vec<_>>(), ["1001", "1002"]);
    let [device] = &*all[0].devices else { panic!("one device") };
    let expected = new("1001", "one").ha1;
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        assert_eq!(device.ha1.text(algorithm), expected.text(algorithm));
    }
    let shown = (&*device.username, &*device.realm, &*all[0].name, all[0].source);
    assert_eq!(shown, ("1001", "warden", "Person 1001", Source::Example));
    store.close().await;
}

pub(crate) async fn removing_an_extension_removes_its_devices_and_bindings(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    for number in ["1001", "1002"] {
        store.add_extension(&new(number, "secret")).await.expect("added");
        let ends = ["192.0.2.1:5060", "192.0.2.7:5062"].map(|end| end.parse().expect("an address"));
        let binding = Binding::over_udp(extension(number), b"sip:a@192.0.2.7", ends, clock.now).expect("a URI");
        store.save_bindings(&[BindingChange::Put(Arc::new(binding))], clock).await.expect("saved");
    }
    store.remove_extension(&extension("1001")).await.expect("removed");
    let again = store.remove_extension(&extension("1001")).await;
    assert!(matches!(again, Err(ExtensionError::Unknown { name }) if name == "1001"));
    let left = store.extensions().await.expect("list");
    assert_eq!(left.iter().map(|one| one.number.text()).collect::<Vec<_>>(), ["1002"]);
    let bindings = store.load_bindings().await.expect("load");
    assert_eq!(bindings.iter().map(|one| one.extension.text()).collect::<Vec<_>>(), ["1002"]);
    let device = store.set_password("1001", "warden", &new("1001", "x").ha1).await;
    assert!(matches!(device, Err(ExtensionError::Unknown { .. })), "the device is gone too");
    store.add_extension(&new("1001", "secret")).await.expect("its number is free again");
    store.close().await;
}

pub(crate) async fn a_new_password_replaces_the_old_one(database: TestDatabase) {
    let store = database.open().await;
    store.add_extension(&new("1001", "old")).await.expect("added");
    let ha1 = Ha1::derive(b"1001", b"pbx.example", b"new");
    store.set_password("1001", "pbx.example", &ha1).await.expect("set");
    let all = store.extensions().await.expect("list");
    let device = &all[0].devices[0];
    assert_eq!(device.realm, "pbx.example");
    assert_eq!(device.ha1.text(Algorithm::Sha256), ha1.text(Algorithm::Sha256));
    store.close().await;
}
