//! Documented keys that Warden accepts and does not act on yet: each gets a note, and what stands inside is still
//! checked, so that a typo is found today.
//!
//! A table has one line for each key, such as `smtp.host`. `[]` after a name stands for each entry of a list, and a
//! name that ends in `.*` may hold anything.

use crate::problem::Position;
use crate::reader::{Field, Fields, Reader, unknown_key};
use crate::tree::Kind;

/// The sections of which no key is read yet.
const SECTIONS: &[&str] = &[
    "locations[].id",
    "locations[].address",
    "locations[].city",
    "locations[].state",
    "locations[].zip",
    "locations[].elin",
    "webrtc.enabled",
    "webrtc.stun_servers",
    "webrtc.turn_servers[].url",
    "webrtc.turn_servers[].username",
    "webrtc.turn_servers[].credential",
    "webrtc.ice_candidate_timeout",
    "webrtc.dtls_certificate",
    "voicemail.enabled",
    "voicemail.email_notifications",
    "voicemail.no_answer_timeout",
    "voicemail.max_recording_time",
    "voicemail.smtp.host",
    "voicemail.smtp.port",
    "voicemail.smtp.use_tls",
    "voicemail.smtp.username",
    "voicemail.smtp.password",
    "voicemail.email.from_address",
    "voicemail.email.from_name",
    "voicemail.email.include_attachment",
    "voicemail.reminders.enabled",
    "voicemail.reminders.time",
    "voicemail.reminders.unread_only",
    "voicemail.transcription.enabled",
    "voicemail.transcription.provider",
    "smtp.host",
    "smtp.port",
    "smtp.use_tls",
    "smtp.username",
    "smtp.password",
    "auto_attendant.enabled",
    "auto_attendant.extension",
    "auto_attendant.greeting",
    "auto_attendant.menu_options.*",
    "auto_attendant.business_hours.*",
    "auto_attendant.timeout",
    "auto_attendant.max_retries",
    "auto_attendant.invalid_retry",
    "provisioning.enabled",
    "provisioning.http_port",
    "provisioning.base_url",
    "provisioning.sip_server",
    "provisioning.sip_port",
    "provisioning.template_path",
    "provisioning.tftp_server",
    "phonebook.enabled",
    "phonebook.ad_sync.enabled",
    "phonebook.ad_sync.server",
    "phonebook.ad_sync.base_dn",
    "phonebook.ad_sync.username",
    "phonebook.ad_sync.password",
    "phonebook.ad_sync.sync_interval",
    "phonebook.ad_sync.fields.name",
    "phonebook.ad_sync.fields.number",
    "phonebook.ad_sync.fields.mobile",
    "phonebook.ad_sync.fields.email",
    "phonebook.ad_sync.fields.department",
    "phonebook.formats",
    "phonebook.push_enabled",
    "phonebook.push_url",
    "phonebook.ldaps.enabled",
    "phonebook.ldaps.port",
    "phonebook.ldaps.base_dn",
    "phonebook.ldaps.bind_dn",
    "phonebook.ldaps.bind_password",
    "queues[].number",
    "queues[].name",
    "queues[].strategy",
    "queues[].agents[].extension",
    "queues[].agents[].priority",
    "queues[].max_wait_time",
    "queues[].overflow_action",
    "queues[].overflow_target",
    "queues[].announce_position",
    "queues[].announce_hold_time",
    "queues[].music_on_hold",
    "queues[].periodic_announce",
    "paging.enabled",
    "paging.zones[].id",
    "paging.zones[].name",
    "paging.zones[].extension",
    "paging.zones[].devices[].ip",
    "paging.zones[].devices[].codec",
    "webhooks.enabled",
    "webhooks.subscriptions[].url",
    "webhooks.subscriptions[].events",
    "webhooks.subscriptions[].secret",
    "webhooks.subscriptions[].headers.*",
    "webhooks.subscriptions[].retry.max_attempts",
    "webhooks.subscriptions[].retry.backoff_factor",
    "webhooks.dtmf.url",
    "webhooks.dtmf.timeout_ms",
    "webhooks.dtmf.retry_count",
    "webhooks.dtmf.retry_delay_ms",
    "webhooks.dtmf.auth_token",
    "integrations.active_directory.enabled",
    "integrations.active_directory.server",
    "integrations.active_directory.port",
    "integrations.active_directory.use_ssl",
    "integrations.active_directory.bind_dn",
    "integrations.active_directory.bind_password",
    "integrations.active_directory.base_dn",
    "integrations.active_directory.user_filter",
    "integrations.active_directory.attributes.username",
    "integrations.active_directory.attributes.display_name",
    "integrations.active_directory.attributes.email",
    "integrations.active_directory.attributes.phone",
    "integrations.active_directory.attributes.mobile",
    "integrations.active_directory.attributes.department",
    "integrations.active_directory.sync_enabled",
    "integrations.active_directory.sync_interval",
    "integrations.zoom.enabled",
    "integrations.zoom.client_id",
    "integrations.zoom.client_secret",
    "integrations.zoom.redirect_uri",
    "integrations.espocrm.*",
    "integrations.jitsi.*",
    "integrations.matrix.*",
    "integrations.outlook.*",
    "integrations.teams.*",
    // The bridge for analogue phones.
    "ht802.host",
    "ht802.auth_enabled",
    "ht802.credentials.username",
    "ht802.credentials.password",
    "operator.websocket_url",
    "operator.auth_token",
    "audio.codec",
    "audio.ptime",
    "audio.buffer_size",
    // Sections of the earlier program; the documents do not say what is inside.
    "rtp.*",
    "rtcp.*",
    "api.*",
    "monitoring.*",
    "database.*",
    "features.*",
    "conference.*",
    "parking.*",
    "presence.*",
];

/// Where a setting of the earlier program is found in Warden.
const INSTEAD: &[(&str, &str)] = &[
    ("api", "web.host and web.port"),
    ("database", "server.database_url"),
    ("dialplan.internal_pattern", "dialplan.patterns"),
    ("security.rate_limit", "security.rate_limiting"),
];

/// Notes the sections of the whole file that are not read yet.
pub(crate) fn sections(root: &mut Fields<'_>, reader: &mut Reader<'_>) {
    root.later(SECTIONS, reader);
}

/// Notes that `field` is ignored, and checks the keys inside it.
pub(crate) fn note(
    field: &Field<'_>,
    at: Position,
    keys: &'static [&'static str],
    name: &str,
    reader: &mut Reader<'_>,
) {
    let instead = INSTEAD.iter().find(|(path, _)| *path == field.path);
    let advice = instead.map_or_else(String::new, |(_, use_this)| format!("; use {use_this}"));
    reader.note(at, &field.path, format!("not built yet, ignored{advice}"));
    check(field, keys, name, reader);
}

/// The names that may follow `prefix`, each once.
pub(crate) fn names(keys: &'static [&'static str], prefix: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> = keys
        .iter()
        .filter_map(|key| if prefix.is_empty() { Some(*key) } else { key.strip_prefix(prefix)?.strip_prefix('.') })
        .filter_map(|rest| rest.split(['.', '[']).next())
        .collect();
    names.dedup();
    names
}

fn check(field: &Field<'_>, keys: &'static [&'static str], prefix: &str, reader: &mut Reader<'_>) {
    match &field.node.kind {
        Kind::Null | Kind::Text(_) => {}
        Kind::List(nodes) => {
            for (number, node) in (1..).zip(nodes) {
                let entry = Field::new(format!("{}[{number}]", field.path), node);
                check(&entry, keys, &format!("{prefix}[]"), reader);
            }
        }
        Kind::Map(entries) => {
            let known = names(keys, prefix);
            if known.is_empty() || known.contains(&"*") {
                return;
            }
            for entry in entries {
                if known.contains(&entry.key.as_str()) {
                    let inner = Field::new(format!("{}.{}", field.path, entry.key), &entry.value);
                    check(&inner, keys, &format!("{prefix}.{}", entry.key), reader);
                } else {
                    unknown_key(entry, &field.path, known.iter().copied(), reader);
                }
            }
        }
    }
}
