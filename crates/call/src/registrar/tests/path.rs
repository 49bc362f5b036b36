//! Proxies between a phone and us (RFC 3327).

use warden_sip::write::Headers;

use super::*;

#[test]
fn a_path_is_kept_as_the_route_to_the_phone_and_shown_again() {
    let mut bench = Bench::new();
    let lines =
        "Contact: <sip:a@h>\r\nSupported: path\r\nPath: <sip:p2@10.0.0.2;lr>,<sip:p1;lr;ob>\r\nPath: <sip:p0;lr>\r\n";
    let (status, headers) = bench.receive(&request("c", 1, lines), flow(), Nat::Auto);
    assert_eq!(status, 200);
    assert!(headers.contains("Path: <sip:p2@10.0.0.2;lr>,<sip:p1;lr;ob>\r\nPath: <sip:p0;lr>\r\n"), "{headers}");
    let binding = bench.registrar.bindings().next().expect("one");
    let mut route = Headers::new();
    binding.path.add_route(&mut route);
    assert_eq!(route.text(), b"Route: <sip:p2@10.0.0.2;lr>, <sip:p1;lr;ob>, <sip:p0;lr>\r\n");
    assert_eq!(binding.flow, flow(), "never elsewhere than where the REGISTER came from");
    bench.receive(&request("c", 2, "Contact: <sip:a@h>\r\n"), flow(), Nat::Auto);
    assert!(bench.registrar.bindings().all(|binding| binding.path.is_empty()));
}

#[test]
fn a_phone_that_does_not_know_of_paths_is_told_that_there_is_one() {
    let mut bench = Bench::new();
    let lines = "Contact: <sip:a@h>\r\nPath: <sip:p;lr>\r\n";
    let (status, headers) = bench.receive(&request("c", 1, lines), flow(), Nat::Auto);
    assert_eq!((status, &*headers), (420, "Unsupported: path\r\n"));
    assert!(bench.contacts().is_empty());
}

#[test]
fn a_path_that_cannot_be_a_route_is_refused() {
    let many = format!("Path: {}<sip:p;lr>\r\n", "<sip:p;lr>,".repeat(8));
    let long = format!("Path: <sip:{}@p;lr>\r\n", "p".repeat(1100));
    for bad in ["Path: <sip:p>\r\n", "Path: <tel:+1201>\r\n", "Path: <sip:p;lr\r\n", "Path: x\r\n", &many, &long] {
        let mut bench = Bench::new();
        let lines = format!("Contact: <sip:a@h>\r\nSupported: path\r\n{bad}");
        assert_eq!(bench.receive(&request("c", 1, &lines), flow(), Nat::Auto).0, 400, "{bad}");
    }
}
