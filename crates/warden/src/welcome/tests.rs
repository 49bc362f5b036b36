//! The whole texts, as people read them.

use super::*;

fn listed(number: &str, name: &str, source: Kept) -> Listed {
    Listed { number: number.into(), name: name.into(), source, devices: Vec::new() }
}

fn place(address: &str, card: &str) -> Place {
    Place { address: address.parse().unwrap(), card: Some(card.into()) }
}

/// After the first start.
fn first() -> Welcome<'static> {
    let login = |number, password: &str| Login { number, password: password.into() };
    Welcome {
        program: "target/release/warden".into(),
        config: Path::new("var/config.yml"),
        is_new: true,
        extensions: vec![listed("1001", "Alice Example", Kept::Example), listed("1002", "Bob Example", Kept::Example)],
        pair: Some(["1001", "1002"].map(str::to_owned)),
        server: Server::Stopped { examples: vec![login("1001", "blue-kettle"), login("1002", "green-kettle")] },
        places: vec![place("192.0.2.2", "eth0")],
        sip_port: 5060,
        sips_port: 5061,
        web: "0.0.0.0:8080".parse().unwrap(),
        is_encrypted: true,
    }
}

/// After the next ones.
fn later() -> Welcome<'static> {
    Welcome { is_new: false, server: Server::Stopped { examples: Vec::new() }, ..first() }
}

#[test]
fn the_first_start_shows_the_logins_and_where_to_point_a_phone() {
    let text = "\
var/config.yml is new. It explains every setting, and none has to be changed.
There was no extension, so 2 examples were added.

    USER NAME        NAME           PASSWORD
    1001             Alice Example  blue-kettle
    1002             Bob Example    green-kettle
Note the passwords: they cannot be shown again. To give 1001 another one:
    target/release/warden extension set-password 1001 --config var/config.yml

Point a phone at this address, which it may call server, domain or registrar:
    192.0.2.2   port 5060, UDP or TCP; port 5061, TLS   (network card eth0)
To try it, set up one phone as 1001 and another as 1002, and dial 1002 on the first.

In a web browser on this machine: https://localhost:8080/api/status
The browser warns of the certificate, which Warden makes itself. To compare it:
    target/release/warden cert status --config var/config.yml
";
    assert_eq!(first().to_string(), text);
}

#[test]
fn the_next_start_says_that_nothing_changed_and_how_to_set_a_password() {
    let text = later().to_string();
    let beginning = "\
var/config.yml was there already and is as it was.

    USER NAME        NAME
    1001             Alice Example
    1002             Bob Example
Passwords cannot be shown again. To give 1001 another one:
    target/release/warden extension set-password 1001 --config var/config.yml
";
    assert!(text.starts_with(beginning), "{text}");
}

#[test]
fn a_running_server_is_named_and_nothing_is_promised() {
    let server = Server::Running { socket: "var/warden.sock".into() };
    let text = Welcome { server, extensions: Vec::new(), pair: None, ..later() }.to_string();
    assert!(text.contains("\nA server is already running, at var/warden.sock: no extension was added.\n"), "{text}");
    assert!(text.contains("\n    target/release/warden extension add 1001 --name Alice --config "), "{text}");
    assert!(!text.contains("dial"), "{text}");
}

#[test]
fn passwords_of_the_file_are_looked_for_there() {
    let declared = listed("1001", "Ann\u{1b}[2J", Kept::File);
    let text = Welcome { extensions: vec![declared], ..later() }.to_string();
    assert!(text.contains("\nWho is declared in var/config.yml has the password that is written there.\n"), "{text}");
    assert!(!text.contains("set-password") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn many_extensions_are_counted() {
    let extensions = (1001..1012).map(|number| listed(&number.to_string(), "Ann", Kept::Database)).collect();
    let text = Welcome { extensions, ..later() }.to_string();
    assert!(
        text.contains("\nThere are 11 extensions. To list them:\n    target/release/warden extension list "),
        "{text}"
    );
    assert!(!text.contains("Ann"), "{text}");
}

#[test]
fn one_of_several_addresses_is_to_be_chosen_and_the_web_is_where_others_reach_it() {
    let places = vec![place("192.0.2.2", "eth0"), place("198.51.100.7", "eth1")];
    let text = Welcome { places, web: "0.0.0.0:8081".parse().unwrap(), is_encrypted: false, ..later() }.to_string();
    assert!(text.contains("\nPoint a phone at the one of these addresses that is in its network, "), "{text}");
    assert!(
        text.contains("\n    198.51.100.7   port 5060, UDP or TCP; port 5061, TLS   (network card eth1)\n"),
        "{text}"
    );
    assert!(text.ends_with("\nIn a web browser: http://192.0.2.2:8081/api/status\n"), "{text}");
}
