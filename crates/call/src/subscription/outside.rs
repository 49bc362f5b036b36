//! NOTIFYs that nobody has subscribed to, as phones expect them all the same: that messages wait (RFC 3842 §4.1), and that
//! the phone is to fetch its configuration again (`check-sync`).

use warden_sip::endpoint::Request;
use warden_sip::header::HeaderName;
use warden_sip::method::Method;
use warden_sip::tag::Tag;
use warden_sip::write::Body;

use super::{MessageCounts, Package, Scene, Subscriptions};
use crate::bridge::{add_contact, address_for, name_addr, one_way_each};
use crate::directory::Extension;
use crate::output::Output;
use crate::registrar::Binding;
use crate::to_phone::ToPhone;

impl Subscriptions {
    /// Tells all phones of an extension to look whether their configuration has changed; how many there are.
    pub(crate) fn check_sync(&mut self, extension: &Extension, reboot: bool, scene: &mut Scene<'_>) -> usize {
        let event: &[u8] = if reboot { b"check-sync;reboot=true" } else { b"check-sync;reboot=false" };
        let phones = one_way_each(scene.registrar.bindings_of(extension));
        for binding in &phones {
            let request = self.outside(binding, event, scene);
            self.post(request, binding, scene);
        }
        phones.len()
    }

    /// Tells phones that have not subscribed how many messages wait.
    pub(super) fn tell_mailbox(&mut self, extension: &Extension, counts: MessageCounts, scene: &mut Scene<'_>) {
        let registrar = scene.registrar;
        for binding in one_way_each(registrar.bindings_of(extension)) {
            if self.has_subscribed(binding) {
                continue;
            }
            let mut request = self.outside(binding, Package::MessageSummary.name().as_bytes(), scene);
            let host = address_for(&binding.flow, scene.directory).to_string();
            let content = counts.draft(extension, &host).with_version(0);
            request.body = Some(Body { content_type: Package::MessageSummary.content_type(), content });
            self.post(request, binding, scene);
        }
    }

    /// Whether a phone hears of its mailbox anyway.
    fn has_subscribed(&self, binding: &Binding) -> bool {
        let mut own = self.crowd.of(&binding.extension).filter_map(|tag| self.all.get(&tag));
        own.any(|it| it.package == Package::MessageSummary && it.is_at(&binding.contact))
    }

    fn outside(&mut self, binding: &Binding, event: &[u8], scene: &Scene<'_>) -> Request {
        let host = address_for(&binding.flow, scene.directory);
        let own = name_addr("", binding.extension.text(), host);
        let mut request = ToPhone {
            method: Method::Notify,
            binding,
            from: &own,
            tag: Tag::random(&mut self.random),
            call_id: &self.random.hex::<32>(),
            max_forwards: 70,
        }
        .request(scene.directory);
        add_contact(&mut request.headers, &binding.flow, scene.directory);
        request.headers.add(HeaderName::Event, event);
        request.headers.add(HeaderName::SubscriptionState, b"terminated");
        request
    }

    /// Sends a request whose answer changes nothing.
    fn post(&mut self, request: Request, binding: &Binding, scene: &mut Scene<'_>) {
        let id = self.numbers.next();
        scene.outputs.push_back(Output::Send { id, request: Box::new(request), flow: binding.flow });
    }
}
