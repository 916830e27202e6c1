//! The predecessor's SQLite file into the store: each row once, however often that is interrupted and begun again. The
//! file is read and never written; rows are stored through the store's trait, so how they are kept is not known here.

mod layout;
mod record;
mod refusals;
mod source;
mod stream;
mod transfer;

pub use source::Source;
pub use transfer::{Outcome, Transfer, TransferError};
