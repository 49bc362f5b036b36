//! From what the configuration file declares to the directory that calls are set up with.

use std::net::SocketAddr;

use warden_call::ban::BanPolicy;
use warden_call::directory::{Device, Directory, Extension, NoExtension, Person};
use warden_config::{Config, RateLimiting, Server};
use warden_sip::digest::Ha1;

/// The directory number `revision`. Each extension has one device, whose sign-in name is the extension's number.
pub(crate) fn from_config(config: &Config, revision: u64) -> Result<Directory, NoExtension> {
    let realm = &config.server.sip_realm;
    let bans = ban_policy(&config.security.rate_limiting);
    let mut directory = Directory { revision, realm: realm.clone(), bans, ..Directory::default() };
    for declared in &config.extensions {
        let number = declared.number.as_bytes();
        let extension = Extension::parse(number)?;
        let ha1 = Ha1::derive(number, realm.as_bytes(), declared.password.expose().as_bytes());
        directory.devices.insert(number.into(), Device { extension: extension.clone(), ha1 });
        directory.people.insert(extension, Person { name: declared.name.clone() });
    }
    Ok(directory)
}

fn ban_policy(limits: &RateLimiting) -> BanPolicy {
    let RateLimiting { enabled, max_attempts, window, ban_duration } = *limits;
    BanPolicy { enabled, max_attempts, window, ban_duration }
}

/// Where SIP is listened for.
pub(crate) fn listen(server: &Server) -> Vec<SocketAddr> {
    server.host.iter().map(|host| SocketAddr::new(*host, server.sip_port)).collect()
}

#[cfg(test)]
mod tests {
    use warden_sip::digest::Algorithm;

    use super::*;

    fn config(text: &str) -> Config {
        Config::read("config.yml", text, &|_| None).unwrap().config
    }

    #[test]
    fn each_extension_becomes_a_person_with_a_device_of_the_same_name() {
        let text = "server: { sip_realm: office }\nsecurity: { rate_limiting: { max_attempts: 7 } }\n\
                    extensions:\n  - { number: '1001', name: Ann, password: 'blue-kettle' }\n";
        let directory = from_config(&config(text), 3).unwrap();
        assert_eq!((directory.revision, directory.realm.as_str()), (3, "office"));
        assert_eq!(directory.bans, BanPolicy { max_attempts: 7, ..BanPolicy::default() });
        let device = &directory.devices[&b"1001"[..]];
        let expected = Ha1::derive(b"1001", b"office", b"blue-kettle");
        assert_eq!(device.ha1.text(Algorithm::Sha256), expected.text(Algorithm::Sha256));
        assert_eq!(directory.people[&device.extension].name, "Ann");
    }

    #[test]
    fn every_host_is_listened_on_at_the_sip_port() {
        let config = config("server: { host: ['0.0.0.0', '::'], sip_port: 5070 }\n");
        assert_eq!(listen(&config.server), ["0.0.0.0:5070".parse().unwrap(), "[::]:5070".parse().unwrap()]);
    }
}
