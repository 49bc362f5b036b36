//! Accounts that are configured otherwise, and are the same to their server.

use super::*;

/// Registered for an hour.
fn registered(account: &Account) -> (Bench, Sent) {
    let mut bench = bench([account.clone()]);
    let first = bench.next();
    bench.answer(&first, "401 Unauthorized", ASKS);
    let signed = bench.next();
    bench.grant(&signed, 3600);
    (bench, signed)
}

fn office() -> Account {
    account("office", "sip:provider.example")
}

fn with_another_password() -> Account {
    Account { password: Password("red-kettle".into()), ..office() }
}

/// Whether it is the next one of the same series.
fn follows(next: &Sent, before: &Sent) -> bool {
    let number = |sent: &Sent| sent.value("CSeq").split(' ').next().and_then(|number| number.parse::<u32>().ok());
    next.value("Call-ID") == before.value("Call-ID") && number(next) == number(before).map(|number| number + 1)
}

#[test]
fn another_password_is_shown_in_the_same_series_and_nothing_is_given_up() {
    let (mut bench, before) = registered(&office());
    bench.configure([with_another_password()]);
    let anew = bench.next_before(Duration::from_secs(1)).expect("soon");
    assert!(follows(&anew, &before) && anew.has("Expires: 600"), "{}", anew.text);
    assert_eq!(anew.value("Authorization"), "", "the key of the password before is of no use");
    bench.answer(&anew, "401 Unauthorized", ASKS);
    let signed = bench.next_before(Duration::ZERO).expect("at once");
    assert!(follows(&signed, &anew) && !signed.value("Authorization").is_empty());
    bench.grant(&signed, 3600);
    assert!(bench.next_before(Duration::from_mins(5)).is_none(), "nothing else is sent");
    assert!(!bench.news.contains(&AccountNews::Left) && bench.registrant.leaving.is_empty());
}

#[test]
fn another_name_and_another_way_take_the_place_of_those_before_in_one_request() {
    let (mut bench, before) = registered(&office());
    let proxy = OwnedUri::parse(b"sip:edge.example;transport=tcp").expect("a URI");
    let renamed = Account { name: "front".into(), outbound_proxy: Some(proxy), ..office() };
    bench.configure([renamed]);
    let anew = bench.next_before(Duration::from_secs(1)).expect("soon");
    assert!(follows(&anew, &before), "{}", anew.text);
    let contacts = "Contact: <sip:front@192.0.2.1:5060;transport=tcp>, <sip:office@192.0.2.1:5060>;expires=0";
    assert!(anew.has(contacts) && anew.flow.transport == Transport::Tcp, "{}", anew.text);
    assert_eq!(&*bench.view().name, "front");
}

#[test]
fn what_is_under_way_is_answered_before_the_next_request_follows() {
    let mut bench = bench([office()]);
    let first = bench.next();
    bench.configure([with_another_password()]);
    bench.configure([with_another_password()]);
    assert!(bench.next_before(Duration::from_secs(30)).is_none());
    bench.grant(&first, 3600);
    assert!(bench.view().registered_until.is_some());
    let second = bench.next_before(Duration::ZERO).expect("at once");
    assert!(follows(&second, &first));
    bench.configure([office()]);
    bench.fail(&second, Failure::TimedOut);
    let third = bench.next_before(Duration::ZERO).expect("at once");
    assert!(follows(&third, &second), "{}", third.text);
    bench.grant(&third, 3600);
    assert!(bench.next_before(Duration::from_mins(5)).is_none(), "nothing else is sent");
}

#[test]
fn an_account_that_is_given_up_and_configured_again_is_registered_after_its_end() {
    let (mut bench, before) = registered(&office());
    bench.configure([]);
    let given_up = bench.next_before(Duration::ZERO).expect("at once");
    assert!(follows(&given_up, &before) && given_up.has("Expires: 0"));
    bench.configure([with_another_password()]);
    assert!(bench.next_before(Duration::from_secs(30)).is_none());
    bench.answer(&given_up, "200 OK", "");
    assert_eq!(bench.view().registered_until, None);
    let anew = bench.next_before(Duration::ZERO).expect("at once");
    assert_eq!(bench.news.last(), Some(&AccountNews::Left));
    assert!(follows(&anew, &given_up) && anew.has("Expires: 600"), "{}", anew.text);
    // And given up again for good, while it waits for its turn.
    bench.configure([]);
    let given_up = bench.next_before(Duration::ZERO).expect("at once");
    bench.configure([office()]);
    bench.configure([]);
    bench.answer(&given_up, "200 OK", "");
    assert!(bench.registrant.leaving.is_empty() && bench.next_before(Duration::from_hours(1)).is_none());
}

#[test]
fn another_transport_is_another_registration() {
    let (mut bench, before) = registered(&office());
    bench.configure([account("office", "sip:provider.example;transport=tcp")]);
    let given_up = bench.next_before(Duration::ZERO).expect("at once");
    assert!(follows(&given_up, &before) && given_up.has("Expires: 0"));
    let anew = bench.next_before(Duration::from_secs(1)).expect("soon");
    assert!(anew.has("CSeq: 1 REGISTER") && anew.value("Call-ID") != before.value("Call-ID"));
}

#[test]
fn of_two_accounts_with_one_address_each_goes_on_with_its_own_contact() {
    let [one, two] = ["one", "two"].map(|name| account(name, "sip:provider.example"));
    let mut bench = bench([one.clone(), two.clone()]);
    let [first, second] = [(), ()].map(|()| {
        let sent = bench.next();
        bench.grant(&sent, 3600);
        sent
    });
    let changed = Account { password: Password("red-kettle".into()), ..one };
    bench.configure([two.clone(), changed]);
    let anew = bench.next_before(Duration::from_secs(1)).expect("soon");
    assert!(follows(&anew, &first) && anew.value("Contact") == first.value("Contact"));
    bench.grant(&anew, 3600);
    assert!(bench.next_before(Duration::from_mins(1)).is_none());
    // The one that stays as it is keeps its series, though the other is first in the list.
    bench.configure([account("three", "sip:provider.example"), two]);
    let anew = bench.next_before(Duration::from_secs(1)).expect("soon");
    assert!(anew.value("Call-ID") == first.value("Call-ID") && anew.value("Call-ID") != second.value("Call-ID"));
}
