//! Asking an actor by its name: the one way from a handler to an actor and back.

use ractor::{ActorRef, Message, RpcReplyPort};
use tokio::sync::oneshot;

/// Sends a message made around a reply port and waits for the reply. `None` when the actor is not there, or was lost
/// with the message.
pub async fn ask<M: Message, R>(name: &str, message: impl FnOnce(RpcReplyPort<R>) -> M) -> Option<R> {
    let (reply, answer) = oneshot::channel();
    ActorRef::<M>::where_is(name)?.cast(message(reply.into())).ok()?;
    answer.await.ok()
}
