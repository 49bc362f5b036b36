//! Calls leak no descriptor. Alone in its process, whose descriptors it counts.

#![cfg(test)]

#[path = "media/rig.rs"]
mod rig;

use std::fs;

use rig::{Phone, Rig};
use warden_call::media::MediaCommand;
use warden_media::relay::Side;

#[test]
fn a_thousand_calls_leave_no_descriptor_behind() {
    let mut rig = Rig::new(1);
    rig.threads.carry_out(MediaCommand::Bind { address: rig::HOST, count: 8 });
    let count = || fs::read_dir("/proc/self/fd").unwrap().count();
    let call = |rig: &mut Rig| {
        let (mut a, mut b) = (Phone::new(), Phone::new());
        let call = rig.order_call(&mut a, &mut b);
        rig.close(call);
    };
    call(&mut rig);
    while rig.free.len() < 40 {
        call(&mut rig); // until the ports asked for above have come
    }
    let before = count();
    for _ in 0..1000 {
        call(&mut rig);
    }
    let (mut a, mut b, mut c) = (Phone::new(), Phone::new(), Phone::new());
    let replaced = rig.open(&mut a, &mut b);
    rig.replace(replaced, Side::B, &mut c);
    a.say(1);
    let heard = c.hear();
    assert_eq!((heard.payload, heard.from.port()), (vec![1; 160], c.ports.unwrap().rtp));
    Phone::flush();
    assert!(heard.header.ssrc != a.ssrc && b.hears_nothing());
    rig.close(replaced);
    drop([a, b, c]);
    assert_eq!((count(), rig.free.len()), (before, 40));
    drop(rig);
    assert!(count() < before - 80, "{} of {before} are left", count());
}
