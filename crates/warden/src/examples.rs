//! The two extensions that a new system begins with, so that there is something to try.

use anyhow::Context;
use warden_config::Config;
use warden_store::{Source, Store};

use crate::extensions::{self, Newcomer, new_password};

/// Number and name.
const EXAMPLES: [(&str, &str); 2] = [("1001", "Alice Example"), ("1002", "Bob Example")];

/// What a phone signs in with; of the password only a hash is kept.
pub(crate) struct Login {
    pub(crate) number: &'static str,
    pub(crate) password: String,
}

/// Adds the examples to the database, unless there is an extension there or in the file.
pub(crate) async fn add_if_none(config: &Config, store: &Store) -> anyhow::Result<Vec<Login>> {
    let mut logins = Vec::new();
    if !config.extensions.is_empty() || !store.extensions().await?.is_empty() {
        return Ok(logins);
    }
    for (number, name) in EXAMPLES {
        let password = new_password().context("cannot draw random bytes")?;
        let new = Newcomer { number, name, password: &password };
        extensions::add(&new, Source::Example, config, store).await?;
        logins.push(Login { number, password });
    }
    Ok(logins)
}
