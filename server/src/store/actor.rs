//! The storage actor: hands commands to the committer's thread, and fails when that thread has ended, so that the
//! supervisor sees it.

use std::sync::mpsc::Sender;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::committer::Command;
use crate::telemetry::Telemetry;

pub const NAME: &str = "storage";

pub struct Storage;

pub struct State {
    commands: Sender<Command>,
    telemetry: Telemetry,
}

impl Actor for Storage {
    type Msg = Command;
    type State = State;
    type Arguments = (Sender<Command>, Telemetry);

    async fn pre_start(
        &self,
        _myself: ActorRef<Command>,
        (commands, telemetry): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { commands, telemetry })
    }

    async fn handle(
        &self,
        _myself: ActorRef<Command>,
        command: Command,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        state.telemetry.backlog(NAME).inc();
        state.commands.send(command).map_err(|_| "the committer's thread has ended".into())
    }
}
