//! One call.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub call_id: String,
    pub sip_call_id: String,
    pub direction: String,
    pub caller: String,
    pub caller_name: String,
    pub dialled: String,
    pub callee: Option<String>,
    pub callee_name: Option<String>,
    pub started_at: i64,
    pub ringing_at: Option<i64>,
    pub answered_at: Option<i64>,
    pub ended_at: i64,
    pub duration_ms: i64,
    pub ring_ms: i64,
    pub talk_ms: i64,
    pub disposition: String,
    pub ended_by: String,
    pub cause: String,
    pub cause_text: String,
    pub status: Option<i32>,
    pub holds: i64,
    pub recording_path: Option<String>,
    pub created_at: i64,
    pub caller_user_agent: Option<String>,
    pub caller_codec: Option<String>,
    pub caller_mos: Option<f64>,
    pub caller_jitter_us: Option<i64>,
    pub caller_packets: Option<i64>,
    pub caller_lost: Option<i64>,
    pub caller_round_trip_us: Option<i64>,
    pub callee_user_agent: Option<String>,
    pub callee_codec: Option<String>,
    pub callee_mos: Option<f64>,
    pub callee_jitter_us: Option<i64>,
    pub callee_packets: Option<i64>,
    pub callee_lost: Option<i64>,
    pub callee_round_trip_us: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
