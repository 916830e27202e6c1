//! TLS below the client's HTTP: rustls with ring. The one place that knows rustls; `plain` stands here in a build
//! without it. ureq has a connector of its own, which brings TLS 1.2, log lines and signing keys: half a megabyte.

mod failure;
mod provider;
mod roots;

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, TcpConnector, Transport, TransportAdapter,
};

use roots::Roots;

/// Tickets kept for the next connection: there is one server, and one connection at a time.
const SESSIONS: usize = 2;

/// Whether this build has TLS.
pub fn available() -> Result<(), String> {
    Ok(())
}

/// Whether a file of CA certificates can be used. The error says why not.
pub fn check(ca: &Path) -> Result<(), String> {
    Roots::of(Some(ca.to_owned())).read().map(drop)
}

/// What makes connections: with TLS where the address says `https`, believing the CAs of this file, or the system's.
pub fn connector(ca: Option<PathBuf>) -> impl Connector {
    TcpConnector::default().chain(Tls { roots: Roots::of(ca), config: Mutex::default() })
}

/// Puts TLS around connections.
#[derive(Debug)]
struct Tls {
    roots: Roots,
    /// Made at the first connection, and anew after a failed handshake: a file of CAs can be mended while the agent runs.
    config: Mutex<Option<Arc<ClientConfig>>>,
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Secured>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let secured = self.secured(details, transport.boxed());
        if secured.is_err() {
            *self.config.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        secured.map(|secured| Some(Either::B(secured)))
    }
}

impl Tls {
    fn secured(&self, details: &ConnectionDetails, transport: Box<dyn Transport>) -> Result<Secured, ureq::Error> {
        let host = details.uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| other(format!("{bare:?} is no name that a certificate could be for")))?;
        let told = |error: &rustls::Error| other(failure::words(error, self.roots.file()));
        let mut tls = ClientConnection::new(self.config()?, name).map_err(|error| told(&error))?;
        let mut socket = TransportAdapter::new(transport, Arc::clone(&details.current_time));
        socket.set_timeout(details.timeout);
        if let Err(error) = tls.complete_io(&mut socket) {
            return Err(match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => told(error),
                None if error.kind() == ErrorKind::UnexpectedEof => other(failure::ENDED.to_owned()),
                None => error.into(),
            });
        }
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Secured { buffers, stream: StreamOwned { conn: tls, sock: socket } })
    }

    fn config(&self) -> Result<Arc<ClientConfig>, ureq::Error> {
        let mut config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = &*config {
            return Ok(Arc::clone(config));
        }
        let roots = self.roots.read().map_err(other)?;
        let builder = ClientConfig::builder_with_provider(Arc::new(provider::provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| other(error.to_string()))?;
        let mut made = builder.with_root_certificates(roots).with_no_client_auth();
        made.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Arc::clone(config.insert(Arc::new(made))))
    }
}

fn other(message: String) -> ureq::Error {
    ureq::Error::Other(message.into())
}

/// A connection after its handshake.
struct Secured {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").field("below", &self.stream.sock.inner()).finish()
    }
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
