//! Bindings between two runs: where phones that need no connection can be reached.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter};
use warden_call::BindingChange;
use warden_call::directory::{Extension, Transport};
use warden_call::registrar::{Binding, Instance, Path};

use crate::clock::Clock;
use crate::entity::binding::{Column, Entity, Model};
use crate::error::StoreError;
use crate::store::Store;
use crate::words::without_nul;

/// Rows per statement.
const ROWS: usize = 100;

/// A [`Binding`] that does not depend on this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBinding {
    /// Whose it is.
    pub extension: Extension,
    /// What it is found by, [`Binding::key`].
    pub key: Box<[u8]>,
    /// The Contact URI.
    pub contact: Box<[u8]>,
    /// Our end of the way to it.
    pub local: SocketAddr,
    /// The phone's end.
    pub remote: SocketAddr,
    /// Where the phone was seen.
    pub source: SocketAddr,
    /// When it ends, in **milliseconds** since the Unix epoch.
    pub expires_at_ms: u64,
    /// Preference in **thousandths**.
    pub q_permille: u16,
    /// The Call-ID of the REGISTER.
    pub call_id: Box<[u8]>,
    /// The `CSeq` number of the REGISTER.
    pub sequence: u32,
    /// What the phone calls itself.
    pub user_agent: String,
    /// Which phone it is; empty when it does not say.
    pub instance: Box<[u8]>,
    /// Which of its ways this is; 0 when it has one only.
    pub reg_id: u32,
    /// The proxies in between, as the header Path has them.
    pub path: Box<[u8]>,
    /// What the phone said of its Contact.
    pub parameters: Box<[u8]>,
}

impl SavedBinding {
    /// What is kept of a binding; `None` when it needs a connection, which ends with this run.
    #[must_use]
    pub fn of(binding: &Binding, clock: Clock) -> Option<Self> {
        let left = binding.expires_at.saturating_duration_since(clock.now);
        binding.outlives_restart().then(|| Self {
            extension: binding.extension.clone(),
            key: binding.key().into(),
            contact: binding.contact.text().into(),
            local: binding.flow.local,
            remote: binding.flow.remote,
            source: binding.source,
            expires_at_ms: u64::try_from(clock.wall_ms() + left.as_millis()).unwrap_or(u64::MAX),
            q_permille: binding.q_permille,
            call_id: binding.call_id.clone(),
            sequence: binding.sequence,
            user_agent: binding.user_agent.clone(),
            instance: binding.instance.as_ref().map(|instance| instance.text().into()).unwrap_or_default(),
            reg_id: binding.reg_id.map_or(0, NonZeroU32::get),
            path: binding.path.text().into(),
            parameters: binding.parameters.clone(),
        })
    }

    /// The binding in this run; `None` when it has expired meanwhile.
    #[must_use]
    pub fn restore(self, clock: Clock) -> Option<Binding> {
        let left = u128::from(self.expires_at_ms).checked_sub(clock.wall_ms()).filter(|left| *left > 0)?;
        let left = Duration::from_millis(u64::try_from(left).ok()?);
        let expires_at = clock.now.checked_add(left)?;
        let mut binding = Binding::over_udp(self.extension, &self.contact, [self.local, self.remote], expires_at)?;
        binding.q_permille = self.q_permille;
        binding.call_id = self.call_id;
        binding.sequence = self.sequence;
        binding.user_agent = self.user_agent;
        binding.source = self.source;
        binding.instance = Instance::parse(&self.instance);
        binding.reg_id = NonZeroU32::new(self.reg_id);
        binding.path = Path::parse(&self.path)?;
        binding.parameters = self.parameters;
        Some(binding)
    }

    fn row(&self) -> Model {
        Model {
            extension: self.extension.text().into(),
            key: self.key.to_vec(),
            contact: self.contact.to_vec(),
            transport: Transport::Udp.name().into(),
            local: self.local.to_string(),
            remote: self.remote.to_string(),
            expires_at_ms: i64::try_from(self.expires_at_ms).unwrap_or(i64::MAX),
            q_permille: self.q_permille.into(),
            call_id: self.call_id.to_vec(),
            sequence: self.sequence.into(),
            user_agent: without_nul(&self.user_agent),
            source: self.source.to_string(),
            instance: self.instance.to_vec(),
            reg_id: self.reg_id.into(),
            path: self.path.to_vec(),
            parameters: self.parameters.to_vec(),
        }
    }

    /// `None` for a row that Warden did not write, or that needs a connection.
    fn of_row(row: Model) -> Option<Self> {
        (row.transport == Transport::Udp.name()).then_some(())?;
        Some(Self {
            extension: Extension::parse(row.extension.as_bytes()).ok()?,
            key: row.key.into(),
            contact: row.contact.into(),
            local: row.local.parse().ok()?,
            remote: row.remote.parse().ok()?,
            expires_at_ms: row.expires_at_ms.try_into().ok()?,
            q_permille: row.q_permille.try_into().ok()?,
            call_id: row.call_id.into(),
            sequence: row.sequence.try_into().ok()?,
            user_agent: row.user_agent,
            source: row.source.parse().ok()?,
            instance: row.instance.into(),
            reg_id: row.reg_id.try_into().ok()?,
            path: row.path.into(),
            parameters: row.parameters.into(),
        })
    }
}

impl Store {
    /// Applies changes in their order, in one transaction. A binding that needs a connection is removed, not saved.
    ///
    /// # Errors
    /// [`StoreError`]; then none of them is applied.
    pub async fn save_bindings(&self, changes: &[BindingChange], clock: Clock) -> Result<(), StoreError> {
        let doing = StoreError::doing("save bindings");
        // The last word on each binding: one statement may not touch a row twice.
        let mut last: HashMap<(&str, Cow<'_, [u8]>), Option<Model>> = HashMap::with_capacity(changes.len());
        for change in changes {
            match change {
                BindingChange::Put(binding) => last.insert(
                    (binding.extension.text(), binding.key()),
                    SavedBinding::of(binding, clock).map(|saved| saved.row()),
                ),
                BindingChange::Remove { extension, key } => {
                    last.insert((extension.text(), Cow::Borrowed(&**key)), None)
                }
            };
        }
        let gone: Vec<_> = last.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| key).collect();
        let rows: Vec<_> = last.values().flatten().cloned().collect();
        if gone.is_empty() && rows.is_empty() {
            return Ok(());
        }
        let transaction = self.begin().await.map_err(&doing)?;
        for keys in gone.chunks(ROWS) {
            let is_gone = |(extension, key): &&(&str, Cow<'_, [u8]>)| {
                Column::Extension.eq(*extension).and(Column::Key.eq(key.to_vec()))
            };
            let any = keys.iter().map(is_gone).reduce(ExprTrait::or).unwrap_or(Expr::val(false));
            Entity::delete_many().filter(any).exec(&transaction).await.map_err(&doing)?;
        }
        for rows in rows.chunks(ROWS) {
            Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
                .on_conflict(
                    OnConflict::columns([Column::Extension, Column::Key]).update_columns(Column::iter()).to_owned(),
                )
                .exec_without_returning(&transaction)
                .await
                .map_err(&doing)?;
        }
        transaction.commit().await.map_err(&doing)
    }

    /// Forgets the bindings that have expired, such as those that ended between two runs.
    ///
    /// # Errors
    /// [`StoreError`]; then none of them is forgotten.
    pub async fn remove_expired_bindings(&self, clock: Clock) -> Result<(), StoreError> {
        let doing = StoreError::doing("remove expired bindings");
        let transaction = self.begin().await.map_err(&doing)?;
        let now_ms = i64::try_from(clock.wall_ms()).unwrap_or(i64::MAX);
        Entity::delete_many().filter(Column::ExpiresAtMs.lte(now_ms)).exec(&transaction).await.map_err(&doing)?;
        transaction.commit().await.map_err(&doing)
    }

    /// All saved bindings, expired ones too. A row that cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn load_bindings(&self) -> Result<Vec<SavedBinding>, StoreError> {
        let rows = Entity::find().all(self.readers()).await.map_err(StoreError::doing("load bindings"))?;
        Ok(rows.into_iter().filter_map(SavedBinding::of_row).collect())
    }
}
