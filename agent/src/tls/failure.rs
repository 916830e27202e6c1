//! What is said when a handshake fails: what is wrong, and what to do. Pure.

use std::path::Path;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

/// The other side closed. Servers that speak no TLS do that, and many other things.
pub const ENDED: &str = "the server ended the connection before there was TLS: does it speak TLS on this port?";
/// 2026-01-01, seconds since 1970. A clock that shows less is wrong: there was no such agent.
const PLAUSIBLE_SECONDS: u64 = 1_767_225_600;

/// The failure for a person; `ca` is the file that was named for the server's CA.
pub fn words(error: &Error, ca: Option<&Path>) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error, ca),
        Error::InvalidMessage(_) => {
            "what answers there speaks no TLS: use http://, or the port that has TLS".to_owned()
        }
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            format!("the server has no TLS of this agent's kind, which is TLS 1.3: {error}")
        }
        Error::AlertReceived(alert) => format!("the server refuses the TLS connection: {alert:?}"),
        error => format!("TLS failed: {error}"),
    }
}

fn certificate(error: &CertificateError, ca: Option<&Path>) -> String {
    match error {
        // The signature does not fit where two CAs have one name, as one that was made anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => match ca {
            Some(ca) => format!(
                "the server's certificate is signed by none of the CAs in {}: name another file with --tls-ca",
                ca.display()
            ),
            None => "the server's certificate is signed by a CA that this system does not know: \
                     name a file with that CA's certificate with --tls-ca"
                .to_owned(),
        },
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is not for {}: use a name in --server that it is for ({})",
            expected.to_str(),
            presented.join(", ")
        ),
        CertificateError::NotValidYetContext { time, not_before } if time.as_secs() < PLAUSIBLE_SECONDS => format!(
            "this host's clock is wrong, it shows {}: the server's certificate, which begins at {}, \
             cannot be believed before the clock is set; samples are kept until then",
            date(*time),
            date(*not_before)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the server's certificate begins at {}, and this host's clock shows {}: is the clock right?",
            date(*not_before),
            date(*time)
        ),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the server's certificate has expired at {}; this host's clock shows {}",
            date(*not_after),
            date(*time)
        ),
        CertificateError::Other(_) if error.to_string().contains("CaUsedAsEndEntity") => {
            "the server shows the certificate of a CA as its own: give it one with CA:FALSE, signed by that CA"
                .to_owned()
        }
        error => format!("the server's certificate cannot be believed: {error}"),
    }
}

/// Up to the year 9999, where the calendar of the log ends.
fn date(time: UnixTime) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs().min(253_402_300_799));
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    fn told(error: CertificateError) -> String {
        words(&Error::InvalidCertificate(error), None)
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_clock_of_1970_is_called_wrong_and_shown() {
        let not_before = at(1_790_000_000);
        let text = told(CertificateError::NotValidYetContext { time: at(7), not_before });
        assert!(text.contains("clock is wrong, it shows 1970-01-01T00:00:07Z"), "{text}");
        assert!(text.contains("begins at 2026-09-21") && text.contains("samples are kept"), "{text}");
        let text = told(CertificateError::NotValidYetContext { time: at(1_780_000_000), not_before });
        assert!(text.contains("shows 2026-05-28") && !text.contains("is wrong"), "{text}");
        let text = told(CertificateError::ExpiredContext { time: at(u64::MAX), not_after: not_before });
        assert!(text.contains("expired at 2026-09-21") && text.contains("shows 9999-12-31"), "{text}");
    }

    #[test]
    fn an_unknown_ca_names_the_flag_and_the_file() {
        assert!(told(CertificateError::UnknownIssuer).contains("--tls-ca"));
        let error = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let text = words(&error, Some(Path::new("/etc/siskin/ca.pem")));
        assert!(text.contains("--tls-ca") && text.contains("/etc/siskin/ca.pem"), "{text}");
    }

    #[test]
    fn a_wrong_name_tells_the_right_ones() {
        let expected = ServerName::try_from("monitor").unwrap();
        let presented = vec!["a.example".to_owned(), "b.example".to_owned()];
        let text = told(CertificateError::NotValidForNameContext { expected, presented });
        assert!(text.contains("not for monitor") && text.contains("(a.example, b.example)"), "{text}");
    }
}
