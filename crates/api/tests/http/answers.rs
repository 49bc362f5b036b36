//! What is answered to whom.

use std::sync::Arc;

use warden_api::Api;
use warden_config::{Tls, Web};
use warden_store::spool::SpoolStatus;

use crate::client::{ask, get, send};
use crate::server::{Hanging, Lively, bind, serve_with, start};

#[tokio::test]
async fn status_has_the_documented_members() {
    let server = start(Lively);
    let answered = get(server.address, "/api/status").await;
    assert_eq!((answered.status, answered.header("content-type")), (200, Some("application/json")));
    let status = answered.json();
    assert_eq!((&status["status"], &status["running"]), (&"running".into(), &true.into()));
    assert_eq!((&status["active_calls"], &status["total_calls"]), (&1.into(), &7.into()));
    assert_eq!((&status["registered_extensions"], &status["registered_phones"]), (&2.into(), &3.into()));
    assert_eq!((&status["messages"]["received"], &status["messages"]["sent"]), (&40.into(), &41.into()));
    assert!(status["uptime"].as_u64().is_some_and(|uptime| uptime < 60), "{status}");
    assert!(status["memory_usage"].as_str().unwrap().ends_with(" MB"), "{status}");
    assert!(status["cpu_usage"].as_str().unwrap().ends_with('%'), "{status}");
    for none in ["active_recordings", "active_conferences", "parked_calls", "queued_calls"] {
        assert_eq!(status[none], 0, "{none}");
    }
}

/// The disk takes no call records.
fn full_disk() -> SpoolStatus {
    let last_error = Some("no space left on device".to_owned());
    SpoolStatus { backlog_calls: 2, lost_events: 5, last_error, ..SpoolStatus::default() }
}

#[tokio::test]
async fn status_tells_how_call_records_are_and_not_why() {
    for (spool, expected) in [
        (SpoolStatus::default(), serde_json::json!({ "status": "ok", "waiting": 0, "lost_events": 0 })),
        (full_disk(), serde_json::json!({ "status": "failing", "waiting": 2, "lost_events": 5 })),
    ] {
        let server = serve_with(bind(), Lively, spool);
        assert_eq!(get(server.address, "/api/status").await.json()["call_records"], expected);
    }
}

#[tokio::test]
async fn health_names_each_check_and_503_tells_that_one_fails() {
    let server = start(Lively);
    let answered = get(server.address, "/api/health").await;
    let health = answered.json();
    assert_eq!((answered.status, &health["status"]), (200, &"ready".into()));
    assert_eq!(health["checks"], serde_json::json!({ "call_records": "ok", "sip_server": "ok" }));
    assert!(health["timestamp"].as_str().is_some_and(|time| time.len() == 20 && time.ends_with('Z')), "{health}");

    let server = serve_with(bind(), Lively, full_disk());
    let answered = get(server.address, "/api/health").await;
    assert_eq!((answered.status, &answered.json()["status"]), (503, &"not_ready".into()));
    assert_eq!(answered.json()["checks"], serde_json::json!({ "call_records": "failing", "sip_server": "ok" }));
}

#[tokio::test(start_paused = true)]
async fn a_signalling_thread_that_hangs_is_told_after_a_second() {
    let server = start(Hanging(Arc::default()));
    let answered = get(server.address, "/api/health").await;
    assert_eq!((answered.status, &answered.json()["checks"]["sip_server"]), (503, &"failing".into()));
    let answered = get(server.address, "/api/status").await;
    assert_eq!((answered.status, answered.header("content-type")), (503, Some("application/problem+json")));
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_in_both_documented_forms() {
    let server = start(Lively);
    let answered = get(server.address, "/api/nothing").await;
    assert_eq!((answered.status, answered.header("content-type")), (404, Some("application/problem+json")));
    let expected = serde_json::json!({
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is nothing at this path",
        "error": { "code": "not_found", "message": "there is nothing at this path", "status": 404 },
    });
    assert_eq!(answered.json(), expected);
}

#[tokio::test]
async fn another_method_is_405_and_says_which_are_allowed() {
    let server = start(Lively);
    let answered = ask(server.address, "DELETE", "/api/health", "localhost", "").await;
    assert_eq!((answered.status, answered.header("allow")), (405, Some("GET,HEAD")));
    assert_eq!(answered.json()["error"]["code"], "method_not_allowed");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = start(Lively);
    let answered = ask(server.address, "HEAD", "/api/health", "localhost", "").await;
    assert_eq!((answered.status, answered.body.as_str()), (200, ""));
    assert_ne!(answered.header("content-length"), Some("0"));
}

#[tokio::test]
async fn every_answer_forbids_keeping_and_guessing() {
    let server = start(Lively);
    for path in ["/api/health", "/nothing"] {
        let answered = get(server.address, path).await;
        assert_eq!(answered.header("cache-control"), Some("no-store"));
        assert_eq!(answered.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn every_name_is_served_and_a_request_without_one_too() {
    let server = start(Lively);
    for host in ["pbx.example.com", "localhost:8080", "[::1]:8080"] {
        assert_eq!(ask(server.address, "GET", "/api/status", host, "").await.status, 200, "{host}");
    }
    let nameless = send(server.address, "GET /api/health HTTP/1.0\r\n\r\n").await;
    assert!(nameless.starts_with("HTTP/1.0 200 "), "{nameless}");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = bind();
    let web = Web { host: first.address().ip(), port: first.address().port(), tls: Tls::Off };
    let error = Api::bind(&web, None).err().unwrap();
    assert_eq!(error.to_string(), format!("cannot listen on {}/tcp: address already in use", first.address()));
}
