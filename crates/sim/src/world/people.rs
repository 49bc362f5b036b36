//! Who there is in the world: phones, extensions, and what is configured.

use std::net::SocketAddr;
use std::sync::Arc;

use warden_call::Input;
use warden_call::digits::DigitMethod;
use warden_call::directory::{Device, Directory, Extension, Person, RegistrationLimits};
use warden_call::music::{Class, MusicOnHold};
use warden_call::route::{Action, Dialplan, Pattern};
use warden_sdp::{Capabilities, Capability, Use};
use warden_sip::digest::Ha1;

use super::{PhoneId, WARDEN, World, draw_seed};
use crate::phone::{PCMA, PCMU, Phone, Unpacked, with_events};

impl World {
    /// Adds phones with these numbers; the password of their extensions is [`World::password`]. Phones with the same
    /// number are devices of one extension.
    pub fn phones<const N: usize>(&mut self, numbers: [&str; N]) -> [PhoneId; N] {
        let phones = numbers.map(|number| {
            self.add_extension(number);
            let index = self.phones.len();
            let host = u8::try_from(index + 1).unwrap_or(u8::MAX);
            let address = SocketAddr::from(([192, 0, 2, host], 5060));
            let unpacked = Unpacked { number, password: Self::password(number), address, server: WARDEN, index };
            let mut phone = Phone::new(unpacked, draw_seed(&mut self.random), self.now);
            phone.simulate_media(self.warden.media.is_simulated);
            self.phones.push(phone);
            PhoneId(index)
        });
        self.publish();
        phones
    }

    /// The password of an extension.
    #[must_use]
    pub fn password(number: &str) -> String {
        format!("secret of {number}")
    }

    /// The name of the person with this extension.
    #[must_use]
    pub fn name(number: &str) -> String {
        format!("Person {number}")
    }

    /// Digits go to every phone by INFO, whatever it has agreed to.
    pub fn digits_by_info(&mut self) -> &mut Self {
        self.configure(|directory| directory.digits.method = DigitMethod::SipInfo)
    }

    /// Changes anything that is configured.
    pub fn configure(&mut self, change: impl FnOnce(&mut Directory)) -> &mut Self {
        change(&mut self.directory);
        self.publish()
    }

    /// Changes how long registrations last.
    pub fn set_registration_limits(&mut self, limits: RegistrationLimits) -> &mut Self {
        self.configure(|directory| directory.registration = limits)
    }

    /// Takes an extension out of the directory.
    ///
    /// # Panics
    /// When `number` is no extension.
    #[expect(clippy::expect_used, reason = "a mistake in the test")]
    pub fn remove_extension(&mut self, number: &str) -> &mut Self {
        let extension = Extension::parse(number.as_bytes()).expect("an extension");
        self.configure(|directory| {
            directory.people.remove(&extension);
            directory.devices.remove(number.as_bytes());
        })
    }

    fn add_extension(&mut self, number: &str) {
        let Ok(extension) = Extension::parse(number.as_bytes()) else { return };
        let realm = self.directory.realm.as_bytes();
        let ha1 = Ha1::derive(number.as_bytes(), realm, Self::password(number).as_bytes());
        self.directory.people.insert(extension.clone(), Person { name: Self::name(number) });
        self.directory.add_device(number.as_bytes(), Device::new(extension, ha1));
    }

    /// Gives the directory as it is now to the system.
    fn publish(&mut self) -> &mut Self {
        self.directory.revision += 1;
        let directory = Arc::new(self.directory.clone());
        self.act_on_warden(|warden, now| {
            warden.endpoint.reserve_for(directory.dialplan.emergency_numbers());
            warden.pbx.handle(Input::Directory(directory), now);
        })
    }

    /// Where the first phone with this number is; else an address where nobody is.
    pub(super) fn address_of(&self, number: &str) -> SocketAddr {
        let phone = self.phones.iter().find(|phone| phone.number() == number);
        phone.map_or_else(|| SocketAddr::from(([192, 0, 2, 254], 5060)), Phone::address)
    }
}

/// What is configured in an empty world.
pub(super) fn directory() -> Directory {
    let extensions = Pattern::new("^1[0-9]{3}$", Action::Extension);
    let list = with_events(&[PCMU, PCMA]).into_iter().map(|format| Capability { format, used_for: Use::Any });
    Directory {
        realm: "warden-pbx".into(),
        dialplan: Dialplan::new(["112", "911"], extensions),
        codecs: Capabilities { list: list.collect() },
        music: MusicOnHold { usual: Some(Class::new("default")), ..MusicOnHold::default() },
        ..Directory::default()
    }
}
