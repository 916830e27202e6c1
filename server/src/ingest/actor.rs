//! The ingest actors: each takes admitted bodies one by one, decodes them and hands the rows to the storage actor with
//! the reply's port. Nobody waits for anybody here.

use bytes::Bytes;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio::sync::OwnedSemaphorePermit;

use super::admission::Admission;
use super::encoding::{Encoding, unpack};
use super::{DecodeError, decode};
use crate::store::committer::Command;
use crate::store::{Origin, Receipt, StoreError, Submission, actor as storage};
use crate::telemetry::Telemetry;

pub const NAME: &str = "ingest";
/// Bodies up to this size are decoded at once; larger ones on a thread that may block.
const INLINE_BYTES: usize = 64 * 1024;

/// A body to be stored.
pub struct Submit {
    pub body: Bytes,
    pub encoding: Encoding,
    /// Microseconds since 1970.
    pub received_us: i64,
    /// The room it takes until it is answered.
    pub permit: OwnedSemaphorePermit,
    pub reply: RpcReplyPort<Outcome>,
}

pub type Outcome = Result<Decoded, DecodeError>;

/// A decoded body; what became of it follows on the receiver.
pub struct Decoded {
    pub stored: tokio::sync::oneshot::Receiver<Result<Receipt, StoreError>>,
}

pub struct Ingest;

#[derive(Clone)]
pub struct State {
    admission: Admission,
    telemetry: Telemetry,
}

impl Actor for Ingest {
    type Msg = Submit;
    type State = State;
    type Arguments = (Admission, Telemetry);

    async fn pre_start(
        &self,
        _myself: ActorRef<Submit>,
        (admission, telemetry): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { admission, telemetry })
    }

    async fn handle(
        &self,
        _myself: ActorRef<Submit>,
        submit: Submit,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        if submit.body.len() <= INLINE_BYTES && submit.encoding == Encoding::Identity {
            state.take(submit);
        } else {
            let state = state.clone();
            tokio::task::spawn_blocking(move || state.take(submit));
        }
        Ok(())
    }
}

impl State {
    fn take(&self, submit: Submit) {
        let Submit { body, encoding, received_us, mut permit, reply } = submit;
        let decoded =
            unpack(&body, encoding, &self.admission, &mut permit).and_then(|plain| decode(&plain, received_us));
        self.telemetry.backlog(NAME).dec();
        let submission = match decoded {
            Ok(submission) => {
                let origin = Origin { received_us, encoding: encoding.number(), body: body.clone() };
                Submission { origin: Some(origin), ..submission }
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        self.telemetry.ingested.inc_by(submission.samples() as u64);
        let (stored, receiver) = tokio::sync::oneshot::channel();
        let command = Command::Write { submission, permit, reply: stored.into() };
        // A storage actor that is gone drops the command and its port: the caller sees that.
        if let Some(storage) = ActorRef::<Command>::where_is(storage::NAME) {
            let _ = storage.cast(command);
        }
        let _ = reply.send(Ok(Decoded { stored: receiver }));
    }
}
