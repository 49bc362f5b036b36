//! From the trunks that the configuration file declares to accounts that Warden registers with.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use warden_call::registrant::{Account, Password};
use warden_config::{Config, Host, Trunk, TrunkTransport};
use warden_sip::uri::{OwnedUri, UriError};

use crate::directory::DirectoryError;

/// Those that are to be registered, in the order of the file.
pub(crate) fn accounts(config: &Config) -> Result<Arc<[Arc<Account>]>, DirectoryError> {
    let declared = config.trunks.iter().filter(|trunk| trunk.register);
    let account = |trunk: &Trunk| {
        let account = account(trunk).map_err(|source| DirectoryError::Trunk { name: trunk.name.clone(), source })?;
        Ok(Arc::new(account))
    };
    declared.map(account).collect()
}

fn account(trunk: &Trunk) -> Result<Account, UriError> {
    let outbound = trunk.outbound_proxy.as_ref();
    let outbound_proxy = outbound.map(|(host, port)| uri(host, *port, trunk.transport)).transpose()?;
    Ok(Account {
        name: trunk.name.as_str().into(),
        registrar: uri(&trunk.host, trunk.port, trunk.transport)?,
        outbound_proxy,
        username: trunk.username.as_str().into(),
        sign_in: trunk.auth_username.as_ref().unwrap_or(&trunk.username).as_str().into(),
        password: Password(trunk.password.expose().into()),
        expires: trunk.expires,
        any_certificate: !trunk.tls_verify,
    })
}

fn uri(host: &Host, port: Option<u16>, transport: Option<TrunkTransport>) -> Result<OwnedUri, UriError> {
    let mut text = match host {
        Host::Ip(IpAddr::V6(address)) => format!("sip:[{address}]"),
        Host::Ip(address @ IpAddr::V4(_)) => format!("sip:{address}"),
        Host::Name(name) => format!("sip:{name}"),
    };
    if let Some(port) = port {
        // Writing to a text cannot fail.
        let _written = write!(text, ":{port}");
    }
    text.push_str(match transport {
        Some(TrunkTransport::Udp) => ";transport=udp",
        Some(TrunkTransport::Tcp) => ";transport=tcp",
        Some(TrunkTransport::Tls) => ";transport=tls",
        None => "",
    });
    OwnedUri::parse(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registrars(trunks: &str) -> Vec<String> {
        let text = format!("trunks: [{trunks}]");
        let config = Config::read("config.yml", &text, &|_| None).unwrap().config;
        let accounts = accounts(&config).unwrap();
        let text = |uri: &OwnedUri| String::from_utf8(uri.text().to_vec()).unwrap();
        accounts.iter().flat_map(|it| [Some(&it.registrar), it.outbound_proxy.as_ref()]).flatten().map(text).collect()
    }

    #[test]
    fn a_trunk_becomes_an_account_at_its_host() {
        let rest = "username: u, password: p";
        for (trunk, expected) in [
            ("host: sip.example.com", "sip:sip.example.com"),
            ("host: 192.0.2.1, port: 5070, transport: udp", "sip:192.0.2.1:5070;transport=udp"),
            ("host: '2001:db8::1', transport: tls", "sip:[2001:db8::1];transport=tls"),
        ] {
            assert_eq!(registrars(&format!("{{name: a, {rest}, {trunk}}}")), [expected]);
        }
        let proxied =
            "{name: a, username: u, password: p, host: b.example, transport: tcp, outbound_proxy: 'e.example:5080'}";
        assert_eq!(registrars(proxied), ["sip:b.example;transport=tcp", "sip:e.example:5080;transport=tcp"]);
        assert!(registrars(&format!("{{name: a, {rest}, host: b.example, register: false}}")).is_empty());
    }
}
