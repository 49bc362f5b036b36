//! Where a phone can be reached.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bindings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub extension: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    pub contact: Vec<u8>,
    pub transport: String,
    pub local: String,
    pub remote: String,
    pub expires_at_ms: i64,
    pub q_permille: i32,
    pub call_id: Vec<u8>,
    pub sequence: i64,
    pub user_agent: String,
    pub source: String,
    pub instance: Vec<u8>,
    pub reg_id: i64,
    pub path: Vec<u8>,
    pub parameters: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
