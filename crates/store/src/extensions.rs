//! Extensions and their devices.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, TryInsertResult,
};
use warden_call::directory::{Algorithm, Extension, Ha1};

use crate::call_record::micros;
use crate::entity::{binding, device, extension};
use crate::error::StoreError;
use crate::store::Store;
use crate::words::without_nul;

/// Who made an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An administrator.
    Admin,
    /// Warden, so that there is something to try.
    Example,
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Example => "example",
        }
    }
}

/// An extension to be made, with its first device, whose sign-in name is the number.
#[derive(Clone, Debug)]
pub struct NewExtension {
    /// What people dial.
    pub number: Extension,
    /// The name shown to others.
    pub name: String,
    /// Who makes it.
    pub source: Source,
    /// What `ha1` was made for.
    pub realm: String,
    /// What the device's password is known as.
    pub ha1: Ha1,
}

/// An extension in the database.
#[derive(Clone, Debug)]
pub struct SavedExtension {
    /// What people dial.
    pub number: Extension,
    /// The name shown to others.
    pub name: String,
    /// Who made it.
    pub source: Source,
    /// Its devices, in order of their names.
    pub devices: Vec<SavedDevice>,
}

/// A device in the database.
#[derive(Clone, Debug)]
pub struct SavedDevice {
    /// The name that it signs in with.
    pub username: String,
    /// What `ha1` was made for.
    pub realm: String,
    /// What its password is known as.
    pub ha1: Ha1,
}

/// Why extensions were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ExtensionError {
    /// The number, or a device of this name, is there already.
    #[error("{name} exists already")]
    Exists {
        /// The number.
        name: String,
    },
    /// There is none.
    #[error("there is no {name}")]
    Unknown {
        /// The number of an extension, or the name of a device.
        name: String,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// All extensions, in order of their numbers as bytes.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer, or holds what Warden did not write.
    pub async fn extensions(&self) -> Result<Vec<SavedExtension>, StoreError> {
        let doing = StoreError::doing("list extensions");
        let devices = device::Entity::find().order_by_asc(device::Column::Username);
        let devices = devices.all(self.readers()).await.map_err(&doing)?;
        let rows = extension::Entity::find().all(self.readers()).await.map_err(&doing)?;
        let extensions = rows.into_iter().map(|row| Ok((row.number.clone(), of_row(row)?)));
        let mut extensions = extensions.collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        for row in devices {
            if let Some(owner) = extensions.get_mut(&row.extension) {
                owner.devices.push(device_of_row(row)?);
            }
        }
        Ok(extensions.into_values().collect())
    }

    /// Makes an extension and its first device.
    ///
    /// # Errors
    /// [`ExtensionError::Exists`] when the number or a device of that name is there already.
    pub async fn add_extension(&self, new: &NewExtension) -> Result<(), ExtensionError> {
        let doing = StoreError::doing("add an extension");
        let transaction = self.begin().await.map_err(&doing)?;
        if !add(&transaction, new).await.map_err(&doing)? {
            return Err(ExtensionError::Exists { name: new.number.text().into() });
        }
        Ok(transaction.commit().await.map_err(doing)?)
    }

    /// Gives a device another password, and with it another realm.
    ///
    /// # Errors
    /// [`ExtensionError::Unknown`] when there is no such device.
    pub async fn set_password(&self, username: &str, realm: &str, ha1: &Ha1) -> Result<(), ExtensionError> {
        use device::Column;
        let doing = StoreError::doing("set a password");
        let transaction = self.begin().await.map_err(&doing)?;
        let changed = device::Entity::update_many()
            .col_expr(Column::Realm, Expr::value(without_nul(realm)))
            .col_expr(Column::Ha1Md5, Expr::value(hash(ha1, Algorithm::Md5)))
            .col_expr(Column::Ha1Sha256, Expr::value(hash(ha1, Algorithm::Sha256)))
            .filter(Column::Username.eq(without_nul(username)))
            .exec(&transaction)
            .await
            .map_err(&doing)?;
        if changed.rows_affected == 0 {
            return Err(ExtensionError::Unknown { name: username.into() });
        }
        Ok(transaction.commit().await.map_err(doing)?)
    }

    /// Removes an extension, its devices and its bindings. Its call records stay.
    ///
    /// # Errors
    /// [`ExtensionError::Unknown`] when there is no such extension.
    pub async fn remove_extension(&self, number: &Extension) -> Result<(), ExtensionError> {
        let doing = StoreError::doing("remove an extension");
        let transaction = self.begin().await.map_err(&doing)?;
        let removed = extension::Entity::delete_by_id(number.text()).exec(&transaction).await.map_err(&doing)?;
        if removed.rows_affected == 0 {
            return Err(ExtensionError::Unknown { name: number.text().into() });
        }
        binding::Entity::delete_many()
            .filter(binding::Column::Extension.eq(number.text()))
            .exec(&transaction)
            .await
            .map_err(&doing)?;
        Ok(transaction.commit().await.map_err(doing)?)
    }
}

/// Whether neither the extension nor the device was there.
async fn add(transaction: &DatabaseTransaction, new: &NewExtension) -> Result<bool, DbErr> {
    let now = micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
    let number = new.number.text();
    let row = extension::Model {
        number: number.into(),
        name: without_nul(&new.name),
        source: new.source.word().into(),
        created_at: now,
        updated_at: now,
    };
    let row = extension::Entity::insert(row.into_active_model()).on_conflict_do_nothing();
    if !is_new(&row.exec_without_returning(transaction).await?) {
        return Ok(false);
    }
    let row = device::Model {
        username: number.into(),
        extension: number.into(),
        realm: without_nul(&new.realm),
        ha1_md5: hash(&new.ha1, Algorithm::Md5),
        ha1_sha256: hash(&new.ha1, Algorithm::Sha256),
    };
    let row = device::Entity::insert(row.into_active_model()).on_conflict_do_nothing();
    Ok(is_new(&row.exec_without_returning(transaction).await?))
}

fn is_new(result: &TryInsertResult<u64>) -> bool {
    match result {
        TryInsertResult::Inserted(rows) => *rows > 0,
        TryInsertResult::Empty | TryInsertResult::Conflicted => false,
    }
}

fn hash(ha1: &Ha1, algorithm: Algorithm) -> String {
    String::from_utf8_lossy(ha1.text(algorithm)).into_owned()
}

fn of_row(row: extension::Model) -> Result<SavedExtension, StoreError> {
    let source = [Source::Admin, Source::Example].into_iter().find(|source| source.word() == row.source);
    match (Extension::parse(row.number.as_bytes()), source) {
        (Ok(number), Some(source)) => Ok(SavedExtension { number, name: row.name, source, devices: Vec::new() }),
        (Err(_), _) | (_, None) => Err(StoreError::Damaged { what: "an extension", key: row.number }),
    }
}

fn device_of_row(row: device::Model) -> Result<SavedDevice, StoreError> {
    match Ha1::from_text(row.ha1_md5.as_bytes(), row.ha1_sha256.as_bytes()) {
        Some(ha1) => Ok(SavedDevice { username: row.username, realm: row.realm, ha1 }),
        None => Err(StoreError::Damaged { what: "a device", key: row.username }),
    }
}
