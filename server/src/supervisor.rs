//! The actor above the others: starts them, starts them again when one fails, and ends the process when the store is
//! gone, because an agent's spool is a better place for samples than a server that cannot keep them.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::mpsc::UnboundedSender;
use tracing::{error, warn};

use crate::ingest::actor as ingest;
use crate::ingest::admission::Admission;
use crate::query::{Engine, actor as query};
use crate::store::actor as storage;
use crate::store::committer::Command;
use crate::store::directory::Directory;
use crate::store::duckdb::Readers;
use crate::telemetry::Telemetry;

/// What the actors are made of.
pub struct Parts {
    pub admission: Admission,
    pub telemetry: Telemetry,
    pub directory: Arc<Directory>,
    pub readers: Readers,
    pub commands: Sender<Command>,
    pub ingest_actors: usize,
    pub query_threads: usize,
    /// Told when the process must end.
    pub fatal: UnboundedSender<String>,
}

/// The registered name of one ingest actor.
pub fn ingest_name(number: usize) -> String {
    format!("{}.{number}", ingest::NAME)
}

pub struct Supervisor;

impl Actor for Supervisor {
    type Msg = ();
    type State = Parts;
    type Arguments = Parts;

    async fn pre_start(&self, myself: ActorRef<()>, parts: Parts) -> Result<Parts, ActorProcessingErr> {
        for number in 0..parts.ingest_actors {
            parts.start_ingest(&myself, ingest_name(number)).await?;
        }
        parts.start_query(&myself).await?;
        let arguments = (parts.commands.clone(), parts.telemetry.clone());
        ractor::ActorRuntime::spawn_linked(Some(storage::NAME.into()), storage::Storage, arguments, myself.get_cell())
            .await?;
        Ok(parts)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        parts: &mut Parts,
    ) -> Result<(), ActorProcessingErr> {
        let (cell, reason) = match event {
            SupervisionEvent::ActorFailed(cell, reason) => (cell, reason.to_string()),
            SupervisionEvent::ActorTerminated(cell, _, reason) => (cell, reason.unwrap_or_else(|| "it ended".into())),
            _ => return Ok(()),
        };
        let name = cell.get_name().unwrap_or_default();
        if name == storage::NAME {
            error!(reason, "the storage actor has ended");
            let _ = parts.fatal.send(reason);
            return Ok(());
        }
        warn!(actor = name, reason, "an actor has ended and is started again");
        parts.telemetry.restarts.with_label_values(&[name.as_str()]).inc();
        let started = if name == query::NAME {
            parts.start_query(&myself).await
        } else {
            parts.start_ingest(&myself, name).await
        };
        if let Err(error) = started {
            error!(%error, "cannot start an actor again");
            let _ = parts.fatal.send(error.to_string());
        }
        Ok(())
    }
}

impl Parts {
    async fn start_ingest(&self, myself: &ActorRef<()>, name: String) -> Result<(), ActorProcessingErr> {
        let arguments = (self.admission.clone(), self.telemetry.clone());
        ractor::ActorRuntime::spawn_linked(Some(name), ingest::Ingest, arguments, myself.get_cell()).await?;
        Ok(())
    }

    async fn start_query(&self, myself: &ActorRef<()>) -> Result<(), ActorProcessingErr> {
        let engines = (0..self.query_threads)
            .map(|_| Ok(Engine::new(self.readers.connect()?, self.directory.clone())))
            .collect::<Result<Vec<_>, ActorProcessingErr>>()?;
        self.telemetry.backlog(query::NAME).set(0);
        let arguments = (engines, self.telemetry.clone());
        ractor::ActorRuntime::spawn_linked(Some(query::NAME.into()), query::Query, arguments, myself.get_cell())
            .await?;
        Ok(())
    }
}
