//! Who is not heard for a while.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: String,
    /// `address` or `user`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// Empty for a whole address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub username: Vec<u8>,
    pub reason: String,
    pub since_ms: i64,
    pub until_ms: i64,
    pub attempts: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
