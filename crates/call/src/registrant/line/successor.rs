//! An account that is configured otherwise than before, while its registration stands or is under way.
//!
//! What is the same registration to the server goes on in one series, Call-ID and `CSeq`: two series would be ordered by
//! chance, and the end of the one before might come last.

use std::sync::Arc;
use std::time::Instant;

use warden_sip::endpoint::Flow;
use warden_sip::message::Message;

use super::{Line, Stage};
use crate::registrant::account::Account;
use crate::registrant::hand::Hand;
use crate::registrant::keys::Keys;

impl Line {
    /// Whether it does what this account wants, or is about to.
    pub(in crate::registrant) fn is_for(&self, account: &Account) -> bool {
        let wanted = if self.is_leaving { self.successor.as_ref() } else { Some(self.wanted()) };
        wanted.is_some_and(|wanted| **wanted == *account)
    }

    /// Whether the server cannot tell the two apart, and neither can people.
    pub(in crate::registrant) fn is_same_line(&self, account: &Account) -> bool {
        self.account.name == account.name && self.is_same_address(account)
    }

    /// Whether both are the same address at the same server, reached by the same transport.
    pub(in crate::registrant) fn is_same_address(&self, account: &Account) -> bool {
        let [ours, theirs] = [&self.account.registrar, &account.registrar].map(|registrar| registrar.view());
        self.account.username == account.username && ours.is_equivalent(&theirs)
    }

    /// The account as it is configured.
    pub(super) fn wanted(&self) -> &Arc<Account> {
        self.successor.as_ref().unwrap_or(&self.account)
    }

    /// Goes on as `account`, from `begin` on. What is under way is waited for, as one request follows the other (RFC
    /// 3261 §10.2).
    pub(in crate::registrant) fn take_over(&mut self, account: Arc<Account>, begin: Instant) {
        match self.stage {
            Stage::Asked { .. } => self.successor = Some(account),
            Stage::Waiting { .. } | Stage::Resolving(_) | Stage::Opening { .. } | Stage::Over => {
                self.become_account(account, begin);
            }
        }
    }

    /// The last answer to the account as it was: what it grants holds, and the next request follows.
    pub(super) fn succeed(&mut self, successor: Arc<Account>, response: &Message, flow: &Flow, hand: &mut Hand<'_>) {
        if response.status().is_some_and(warden_sip::status::Status::is_success) {
            self.handle_granted(response, flow, hand);
        }
        self.become_account(successor, hand.now);
    }

    pub(super) fn become_account(&mut self, account: Arc<Account>, begin: Instant) {
        let before = &self.account;
        if before.outbound_proxy != account.outbound_proxy || before.any_certificate != account.any_certificate {
            self.lose_way();
        }
        self.keys = Keys::default();
        self.expires = account.expires;
        self.account = account;
        (self.failures, self.error, self.is_leaving) = (0, None, false);
        self.stage = Stage::Waiting { until: begin };
    }
}
