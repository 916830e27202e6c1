//! Which CAs are believed: those of a file that was named, else the system's.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Where distributions keep their CAs in one file: Debian, Alpine, Arch, OpenWrt; Red Hat's, new and old; SUSE, new and
/// old; Alpine and the BSDs.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Twenty times what a system has. More is no file of certificates.
const MAX_BYTES: u64 = 4 << 20;

/// Where the CAs are.
#[derive(Debug)]
pub struct Roots {
    file: Option<PathBuf>,
}

impl Roots {
    /// Those of this file, or the system's.
    pub fn of(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The file that was named.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads them. The error says what to do.
    pub fn read(&self) -> Result<RootCertStore, String> {
        match &self.file {
            Some(file) => read(file),
            None => match BUNDLES.iter().map(Path::new).find(|path| path.exists()) {
                Some(bundle) => read(bundle),
                None => Err(format!(
                    "this system has no list of CAs ({}): install ca-certificates, or name the server's CA with --tls-ca",
                    BUNDLES.join(", ")
                )),
            },
        }
    }
}

/// The certificates of a PEM file, one after the other: the text of all would be a quarter of a megabyte.
fn read(path: &Path) -> Result<RootCertStore, String> {
    let cannot = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let reader = BufReader::new(File::open(path).map_err(cannot)?.take(MAX_BYTES));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_reader_iter(reader) {
        match certificate {
            // A CA of a kind that is not understood is not believed; the others are.
            Ok(certificate) => drop(roots.add(certificate)),
            Err(rustls::pki_types::pem::Error::Io(error)) => return Err(cannot(error)),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    if roots.is_empty() {
        return Err(format!("{} has no CA certificate: expected PEM, -----BEGIN CERTIFICATE-----", path.display()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch;

    fn fault(text: &[u8]) -> String {
        let path = scratch::dir("roots").join("ca.pem");
        std::fs::write(&path, text).unwrap();
        let error = Roots::of(Some(path.clone())).read().unwrap_err();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
        error
    }

    #[test]
    fn what_is_no_certificate_is_told() {
        for text in [&b""[..], b"\0\xff\0", b"MIIB", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
        {
            assert!(fault(text).contains("no CA certificate"));
        }
        // PEM, and no certificate in it.
        assert!(fault(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").contains("no CA certificate"));
        assert!(!fault(b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n").is_empty());
        assert!(Roots::of(Some("/nonexistent/ca".into())).read().unwrap_err().contains("cannot read /nonexistent/ca"));
        assert!(Roots::of(Some("/".into())).read().unwrap_err().contains("cannot read /"));
    }
}
