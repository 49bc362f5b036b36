//! Bindings between two runs.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use warden_call::BindingChange;
use warden_call::directory::Transport;
use warden_call::registrar::{Binding, Instance, Path};
use warden_store::{Clock, SavedBinding};

use crate::database::TestDatabase;
use crate::sample::extension;

fn put_one(binding: Binding) -> BindingChange {
    BindingChange::Put(Arc::new(binding))
}

const HOUR: Duration = Duration::from_hours(1);

fn binding(number: &str, contact: &str, clock: Clock) -> Binding {
    let ends = ["192.0.2.1:5060", "[2001:db8::7]:5062"].map(|end| end.parse().expect("an address"));
    let mut binding = Binding::over_udp(extension(number), contact.as_bytes(), ends, clock.now + HOUR).expect("a URI");
    binding.call_id = b"register@phone \xff".as_slice().into();
    binding.sequence = u32::MAX;
    binding.q_permille = 700;
    binding.user_agent = "Phone/1".into();
    binding.source = "203.0.113.9:1024".parse().expect("an address");
    binding.parameters = b"q=0.7;x=\"\xff\"".as_slice().into();
    binding
}

pub(crate) async fn a_way_to_a_phone_comes_back_with_all_that_is_known_of_it(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let way = |reg_id: u32| {
        let mut way = binding("1001", "sip:1001@192.0.2.9", clock);
        way.instance = Instance::parse(b"urn:uuid:00000000-0000-1000-8000-000A95A0E128");
        way.reg_id = NonZeroU32::new(reg_id);
        way.path = Path::parse(b"<sip:p;lr;ob>").expect("a path");
        way
    };
    let ways = [way(1), way(2)];
    store.save_bindings(&ways.clone().map(put_one), clock).await.expect("save");
    let mut back: Vec<_> =
        store.load_bindings().await.expect("load").into_iter().filter_map(|saved| saved.restore(clock)).collect();
    back.sort_by_key(|binding| binding.reg_id);
    assert_eq!(back.len(), 2, "two ways may have one Contact");
    for (back, way) in back.iter().zip(&ways) {
        assert_eq!((&back.instance, back.reg_id, &back.path), (&way.instance, way.reg_id, &way.path));
        assert_eq!((back.source, back.flow.remote, &back.parameters), (way.source, way.flow.remote, &way.parameters));
        assert_eq!(back.key(), way.key());
    }
    let [first, _] = ways;
    let gone = BindingChange::Remove { extension: first.extension.clone(), key: first.key().into() };
    store.save_bindings(&[gone], clock).await.expect("remove");
    let left = store.load_bindings().await.expect("load");
    assert_eq!(left.iter().map(|binding| binding.reg_id).collect::<Vec<_>>(), [2]);
    store.close().await;
}

pub(crate) async fn bindings_come_back_until_they_are_removed(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let all: Vec<_> = (0..250).map(|n| binding("1001", &format!("sip:1001@192.0.2.9:{n}"), clock)).collect();
    let put: Vec<_> = all.iter().cloned().map(put_one).collect();
    store.save_bindings(&put, clock).await.expect("save");
    store.save_bindings(&put, clock).await.expect("save again");
    let mut saved = store.load_bindings().await.expect("load");
    assert_eq!(saved.len(), 250);
    saved.sort_by_key(|binding| binding.contact.clone());
    let mut expected: Vec<_> = all.iter().filter_map(|binding| SavedBinding::of(binding, clock)).collect();
    expected.sort_by_key(|binding| binding.contact.clone());
    assert_eq!(saved, expected);

    // A minute later, in another run:
    let later = Clock { now: clock.now + 5 * HOUR, wall: clock.wall + Duration::from_mins(1) };
    let back = saved.swap_remove(0).restore(later).expect("not expired");
    let left = back.expires_at - later.now;
    assert!(left.abs_diff(Duration::from_mins(59)) <= Duration::from_millis(1), "{left:?}");
    assert_eq!((back.sequence, back.q_permille), (u32::MAX, 700));

    let remove =
        |binding: &Binding| BindingChange::Remove { extension: binding.extension.clone(), key: binding.key().into() };
    let gone: Vec<_> = all.iter().skip(1).map(remove).collect();
    store.save_bindings(&gone, clock).await.expect("remove");
    assert_eq!(store.load_bindings().await.expect("load").len(), 1);
    store.close().await;
}

pub(crate) async fn a_binding_that_needs_a_connection_is_not_kept(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let datagram = binding("1001", "sip:1001@192.0.2.9", clock);
    store.save_bindings(&[put_one(datagram.clone())], clock).await.expect("save");
    let mut stream = datagram;
    stream.flow.transport = Transport::Tcp;
    assert_eq!(SavedBinding::of(&stream, clock), None);
    store.save_bindings(&[put_one(stream)], clock).await.expect("save");
    assert_eq!(store.load_bindings().await.expect("load"), []);
    store.close().await;
}

pub(crate) async fn an_expired_binding_does_not_come_back(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let put = put_one(binding("1001", "sip:1001@192.0.2.9", clock));
    store.save_bindings(&[put], clock).await.expect("save");
    let saved = store.load_bindings().await.expect("load").pop().expect("saved");
    let later = Clock { now: clock.now, wall: clock.wall + HOUR };
    assert!(saved.restore(later).is_none());

    let mut other = binding("1002", "sip:1002@192.0.2.9", clock);
    other.expires_at += HOUR;
    store.save_bindings(&[put_one(other)], clock).await.expect("save");
    store.remove_expired_bindings(later).await.expect("remove");
    let left = store.load_bindings().await.expect("load");
    assert_eq!(left.iter().map(|binding| binding.extension.text()).collect::<Vec<_>>(), ["1002"]);
    store.close().await;
}

pub(crate) async fn the_last_change_of_a_binding_holds(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let first = binding("1001", "sip:1001@192.0.2.9", clock);
    let gone = BindingChange::Remove { extension: extension("1001"), key: first.key().into() };
    let mut second = first.clone();
    second.sequence = 9;
    let changes = [put_one(first), gone.clone(), put_one(second)];
    store.save_bindings(&changes, clock).await.expect("save");
    let saved = store.load_bindings().await.expect("load");
    assert_eq!(saved.iter().map(|binding| binding.sequence).collect::<Vec<_>>(), [9]);
    let put = changes.into_iter().next().expect("the first");
    store.save_bindings(&[put, gone], clock).await.expect("save");
    assert_eq!(store.load_bindings().await.expect("load"), []);
    store.close().await;
}
