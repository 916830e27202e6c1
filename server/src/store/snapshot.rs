//! Snapshots as others ask for them: a copy of the whole store, beside it, made by the keeper while the server runs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// Where the answer to who wants a snapshot goes.
pub type Reply = oneshot::Sender<Result<Snapshot, SnapshotError>>;

/// What the keeper is asked to do. It answers when it has finished what it is at.
pub enum Order {
    Snapshot {
        reply: Reply,
    },
    /// Removes the snapshot of this name.
    Discard {
        name: String,
        reply: oneshot::Sender<Result<(), SnapshotError>>,
    },
    End,
}

/// A directory with a complete store in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Snapshot {
    pub name: String,
    /// Where it lies, on the server's machine.
    pub path: PathBuf,
    /// The file in it that `--data` names.
    pub data: PathBuf,
    pub files: u64,
    /// Of all its files, also where the store and it share them.
    pub bytes: u64,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("a snapshot needs {bytes} bytes, which the disk does not have above --min-free")]
    NoRoom { bytes: u64 },
    #[error("there are {count} snapshots already, which GET /storage names: remove some with DELETE /snapshots/NAME")]
    TooMany { count: usize },
    #[error("there is no snapshot {0}")]
    Unknown(String),
    #[error("cannot make or remove a snapshot: {0}")]
    Failed(String),
    #[error("the server is shutting down")]
    Closed,
}
