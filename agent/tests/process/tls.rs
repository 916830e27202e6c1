//! Pushes over https, to a real TLS server with certificates made for the test.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::agent::{Agent, command, directory, until};
use crate::server::{Answer, Push, Server};

/// A CA made for one test.
struct Ca {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A file with its certificate.
    fn file(&self, name: &str) -> PathBuf {
        let path = directory(name).join("ca.pem");
        std::fs::write(&path, &self.pem).unwrap();
        path
    }

    /// The settings of a server with a certificate for these names, valid in these years.
    fn server(&self, names: &[&str], years: (i32, i32)) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        config(certificate.der().clone(), &key)
    }
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

/// A TLS server, and how many connections it has taken.
fn serve(config: Arc<ServerConfig>, answer: impl Fn(&Push) -> Answer + Send + 'static) -> (Server, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let secure = move |stream: TcpStream| {
        counted.fetch_add(1, Ordering::SeqCst);
        StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream)
    };
    (Server::start_on(secure, answer), connections)
}

fn stored(_: &Push) -> Answer {
    Answer::Stored
}

/// An agent that pushes to `SCHEME://HOST:` and the server's port.
fn agent(server: &Server, scheme_and_host: &str, args: &[&str]) -> Agent {
    let mut command = command();
    let url = format!("{scheme_and_host}:{}", server.address().port());
    command.args(["--server", &url, "--interval", "0.1"]).args(args);
    Agent::start(command)
}

fn with_ca(server: &Server, host: &str, ca: &Path) -> Agent {
    agent(server, &format!("https://{host}"), &["--tls-ca", ca.to_str().unwrap()])
}

fn wait_for_log(agent: &Agent, words: &str) {
    until("the log says so", || agent.log().contains(words).then_some(()));
}

#[test]
fn samples_arrive_over_one_kept_connection() {
    let ca = Ca::new();
    let (server, connections) = serve(ca.server(&["localhost", "127.0.0.1"], (2020, 2090)), stored);
    let mut agent = with_ca(&server, "localhost", &ca.file("tls-kept"));
    let seqs = until("ten samples", || Some(server.stored()).filter(|seqs| seqs.len() >= 10));
    assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
    assert!(server.pushes().len() >= 5 && connections.load(Ordering::SeqCst) == 1, "{connections:?} connections");
    agent.signal("TERM");
    assert_eq!(agent.wait().code(), Some(0));
}

#[test]
fn a_large_batch_and_a_token_travel_too() {
    let ca = Ca::new();
    // Samples gather until the batch is packed, and, where that is not understood, asked for first.
    let (server, _) = serve(ca.server(&["127.0.0.1"], (2020, 2090)), |push| match push.attempt {
        0 => Answer::Status("503 Busy\r\nRetry-After: 2"),
        _ if push.header("content-encoding").is_some() => Answer::Status("415 Unsupported Media Type"),
        _ => Answer::Stored,
    });
    let file = ca.file("tls-large");
    let mut command = command();
    let url = format!("https://127.0.0.1:{}", server.address().port());
    command.env("SISKIN_AGENT_TOKEN", "a-token-of-the-test").env("SISKIN_AGENT_TLS_CA", file);
    command.args(["--server", &url, "--interval", "0.1"]);
    let _agent = Agent::start(command);
    let find = |name: &str| server.pushes().into_iter().find(|push| push.header(name).is_some());
    let large = until("a large batch", || find("expect"));
    assert!(find("content-encoding").is_some() && large.header("content-encoding").is_none());
    assert_eq!(large.header("authorization"), Some("Bearer a-token-of-the-test"));
    until("it is stored", || server.stored().contains(&large.seqs()[0]).then_some(()));
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_and_nothing_is_sent() {
    let (ca, other) = (Ca::new(), Ca::new());
    let (own, foreign) = (ca.file("tls-own"), other.file("tls-foreign"));
    let good = || ca.server(&["localhost"], (2020, 2090));
    for (config, host, file, words) in [
        (good(), "localhost", &foreign, &["signed by none of the CAs in", "tls-foreign", "--tls-ca"][..]),
        (good(), "127.0.0.1", &own, &["is not for 127.0.0.1", "localhost"]),
        (ca.server(&["localhost"], (2020, 2021)), "localhost", &own, &["expired at 2021-01-01", "clock shows 20"]),
        (ca.server(&["localhost"], (2080, 2090)), "localhost", &own, &["begins at 2080-01-01", "clock shows 20"]),
    ] {
        let (server, _) = serve(config, stored);
        let agent = with_ca(&server, host, file);
        wait_for_log(&agent, "cannot push");
        let log = agent.log();
        assert!(words.iter().all(|word| log.contains(word)), "{words:?}: {log}");
        assert!(server.pushes().is_empty(), "{log}");
    }
}

#[test]
fn a_ca_that_the_system_does_not_know_names_the_flag() {
    let (server, _) = serve(Ca::new().server(&["localhost"], (2020, 2090)), stored);
    let agent = agent(&server, "https://localhost", &[]);
    wait_for_log(&agent, "--tls-ca");
    assert!(server.pushes().is_empty());
}

#[test]
fn the_certificate_of_a_ca_is_no_servers() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let file = directory("tls-self").join("ca.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    let (server, _) = serve(config(certificate.der().clone(), &key), stored);
    let agent = with_ca(&server, "localhost", &file);
    wait_for_log(&agent, "CA:FALSE");
}

#[test]
fn a_self_signed_certificate_is_believed_where_it_was_named() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let file = directory("tls-self-signed").join("server.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    let (server, _) = serve(config(certificate.der().clone(), &key), stored);
    let _agent = with_ca(&server, "localhost", &file);
    until("a sample", || (!server.stored().is_empty()).then_some(()));
}

#[test]
fn a_mended_file_of_cas_counts_without_a_restart_and_no_sample_is_lost() {
    let (ca, other) = (Ca::new(), Ca::new());
    let (server, _) = serve(ca.server(&["localhost"], (2020, 2090)), stored);
    let file = other.file("tls-mended");
    let agent = with_ca(&server, "localhost", &file);
    wait_for_log(&agent, "signed by none");
    std::fs::write(&file, &ca.pem).unwrap();
    let seqs = until("samples", || Some(server.stored()).filter(|seqs| seqs.len() >= 5));
    assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
}

#[test]
fn tls_on_a_plain_port_and_plain_on_a_tls_port_are_told() {
    let plain = Server::start(stored);
    let ca = Ca::new().file("tls-plain");
    // Ended by a server that finds no request in the greeting of TLS.
    let tls_to_plain = with_ca(&plain, "localhost", &ca);
    wait_for_log(&tls_to_plain, "cannot push");

    let (server, _) = serve(Ca::new().server(&["localhost"], (2020, 2090)), stored);
    let plain_to_tls = agent(&server, "http://localhost", &[]);
    wait_for_log(&plain_to_tls, "is it TLS? Then use https://");
}

#[test]
fn an_answer_in_plain_http_is_known_for_what_it_is() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let mut command = command();
    command.args(["--server", &format!("https://127.0.0.1:{port}")]);
    let agent = Agent::start(command);
    wait_for_log(&agent, "speaks no TLS: use http://");
}
