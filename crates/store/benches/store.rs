//! What the signalling thread pays for the spool, and how fast SQLite takes calls and opens.

#![expect(clippy::expect_used, reason = "a benchmark has nobody to tell")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use warden_call::BindingChange;
use warden_call::call_event::{
    Answered, CallEvent, CallId, Cause, Destination, Ender, Ending, Measurement, Rule, Started,
};
use warden_call::directory::Extension;
use warden_call::registrar::Binding;
use warden_store::spool::{Spool, SpoolLimits};
use warden_store::{Clock, FinishedCall, Store, StoreOptions};

const BATCH: u64 = 256;

fn events() -> Vec<(Duration, CallEvent)> {
    let number = |text: &[u8]| Extension::parse(text).expect("an extension");
    let source = SocketAddr::from(([192, 0, 2, 1], 5060));
    let user_agent = || String::from("Yealink SIP-T46U 108.86.0.20");
    let started = Started {
        caller: number(b"1001"),
        caller_name: "Ada Lovelace".into(),
        dialled: "1002".into(),
        sip_call_id: "3c26700857a87f84@10.10.4.32".into(),
        source,
        user_agent: user_agent(),
        revision: 3,
    };
    let answered =
        Answered { extension: number(b"1002"), name: "Charles Babbage".into(), source, user_agent: user_agent() };
    let measurement = Measurement { codec: Some("PCMU".into()), mos: Some(4.375), ..Measurement::default() };
    let all = [
        CallEvent::Started(Box::new(started)),
        CallEvent::Routed { rule: Rule::NoPattern, destination: Destination::Extension(number(b"1002")) },
        CallEvent::Ringing { extension: number(b"1002") },
        CallEvent::Answered(Box::new(answered)),
        CallEvent::Ended(Ending { by: Ender::Caller, cause: Cause::HungUp, status: None }),
        CallEvent::Measured(Box::new([measurement.clone(), measurement])),
    ];
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    all.into_iter().map(|event| (now, event)).collect()
}

fn append(criterion: &mut Criterion) {
    let events = events();
    let turn: Vec<_> = events.iter().take(3).map(|(at, event)| (CallId(7), *at, event)).collect();
    let directory = tempfile::tempdir().expect("a directory");
    let limits = SpoolLimits { total: u64::MAX, ..SpoolLimits::default() };
    let (mut spool, _) = Spool::open(directory.path(), limits).expect("opens");
    criterion.bench_function("spool/append_3_events", |bencher| {
        bencher.iter(|| spool.append(turn.iter().copied()).expect("appended"));
    });
    let line = vec![b'x'; 750];
    let mut file = std::fs::File::options().create(true).append(true).open(directory.path().join("plain"));
    let file = file.as_mut().expect("opens");
    criterion.bench_function("spool/the_write_alone", |bencher| {
        bencher.iter(|| std::io::Write::write_all(file, &line).expect("written"));
    });
}

fn open(runtime: &Runtime, directory: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}/warden.db", directory.path().display());
    runtime.block_on(Store::open(&url, StoreOptions::default())).expect("opens")
}

fn insert(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let (store, events, mut next) = (open(&runtime, &directory), events(), 0);
    let mut group = criterion.benchmark_group("sqlite");
    group.throughput(Throughput::Elements(BATCH)).sample_size(20);
    group.bench_function("insert_256_calls", |bencher| {
        let calls = || {
            next += BATCH;
            (next..next + BATCH).filter_map(|call| FinishedCall::fold(CallId(call), &events)).collect()
        };
        let put = |calls: Vec<_>| runtime.block_on(store.insert_records(&calls)).expect("put");
        bencher.iter_batched(calls, put, BatchSize::PerIteration);
    });
    group.finish();
}

fn start(criterion: &mut Criterion) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (directory, clock) = (tempfile::tempdir().expect("a directory"), Clock::read());
    let address = SocketAddr::from(([192, 0, 2, 1], 5060));
    let put = |number: u32| {
        let extension = Extension::parse(number.to_string().as_bytes()).expect("an extension");
        let contact = format!("sip:{number}@192.0.2.1:5060;transport=udp");
        let expires_at = clock.now + Duration::from_hours(1);
        let binding = Binding::over_udp(extension, contact.as_bytes(), [address; 2], expires_at);
        BindingChange::Put(Arc::new(binding.expect("a URI")))
    };
    let all: Vec<_> = (1000..2000).map(put).collect();
    let first = open(&runtime, &directory);
    runtime.block_on(first.save_bindings(&all, clock)).expect("saved");
    runtime.block_on(first.close());
    criterion.bench_function("sqlite/open_with_1000_bindings", |bencher| {
        bencher.iter(|| {
            let store = open(&runtime, &directory);
            let saved = runtime.block_on(store.load_bindings()).expect("loaded");
            saved.into_iter().filter_map(|saved| saved.restore(clock)).count()
        });
    });
}

criterion_group!(store, append, insert, start);
criterion_main!(store);
