//! The query actor: hands questions to a few threads, each with a connection of its own, and stops those that overrun.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tracing::error;

use super::{Engine, FlatAnswer, FlatRequest, QueryError, SeriesAnswer, SeriesRequest};
use crate::telemetry::Telemetry;

pub const NAME: &str = "query";
/// Questions that wait or run at most; who comes then is told to come back.
const MAX_WAITING: i64 = 64;
const DEADLINE: Duration = Duration::from_secs(15);
const PATROL: Duration = Duration::from_millis(250);

pub enum Question {
    Series {
        request: SeriesRequest,
        reply: RpcReplyPort<Result<SeriesAnswer, QueryError>>,
    },
    Flat {
        request: FlatRequest,
        reply: RpcReplyPort<Result<FlatAnswer, QueryError>>,
    },
    /// Stop what runs too long.
    Patrol,
}

pub struct Query;

pub struct State {
    questions: Sender<Question>,
    desks: Vec<Arc<Desk>>,
    telemetry: Telemetry,
}

/// One thread's place: what it is at, since when, and how to stop it.
struct Desk {
    since: Mutex<Option<Instant>>,
    interrupt: Arc<duckdb::InterruptHandle>,
}

impl Desk {
    fn set(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn overrun(&self) -> bool {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|since| since.elapsed() > DEADLINE)
    }
}

impl Actor for Query {
    type Msg = Question;
    type State = State;
    type Arguments = (Vec<Engine>, Telemetry);

    async fn pre_start(
        &self,
        myself: ActorRef<Question>,
        (engines, telemetry): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let (questions, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut desks = Vec::new();
        for (number, engine) in engines.into_iter().enumerate() {
            let desk = Arc::new(Desk { since: Mutex::new(None), interrupt: engine.interrupt_handle() });
            desks.push(desk.clone());
            let (receiver, telemetry) = (receiver.clone(), telemetry.clone());
            std::thread::Builder::new()
                .name(format!("query-{number}"))
                .spawn(move || work(&engine, &desk, &receiver, &telemetry))?;
        }
        myself.send_interval(PATROL, || Question::Patrol);
        Ok(State { questions, desks, telemetry })
    }

    async fn handle(
        &self,
        _myself: ActorRef<Question>,
        question: Question,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        if let Question::Patrol = question {
            for desk in state.desks.iter().filter(|desk| desk.overrun()) {
                desk.interrupt.interrupt();
            }
            return Ok(());
        }
        let backlog = state.telemetry.backlog(NAME);
        if backlog.get() >= MAX_WAITING {
            question.refuse(QueryError::Busy);
            return Ok(());
        }
        backlog.inc();
        state.questions.send(question).map_err(|_| "the query threads have ended".into())
    }
}

impl Question {
    fn refuse(self, error: QueryError) {
        match self {
            Question::Series { reply, .. } => drop(reply.send(Err(error))),
            Question::Flat { reply, .. } => drop(reply.send(Err(error))),
            Question::Patrol => {}
        }
    }
}

fn work(engine: &Engine, desk: &Desk, questions: &Mutex<Receiver<Question>>, telemetry: &Telemetry) {
    loop {
        let question = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(question) = question else { return };
        desk.set(Some(Instant::now()));
        // A question that panics loses its own answer and no thread.
        let answered = catch_unwind(AssertUnwindSafe(|| match question {
            // Who asked has left: nobody reads the answer.
            Question::Series { reply, .. } if reply.is_closed() => {}
            Question::Flat { reply, .. } if reply.is_closed() => {}
            Question::Series { request, reply } => drop(reply.send(named(desk, engine.series(&request)))),
            Question::Flat { request, reply } => drop(reply.send(named(desk, engine.flat(&request)))),
            Question::Patrol => {}
        }));
        if answered.is_err() {
            error!("a query panicked");
        }
        desk.set(None);
        telemetry.backlog(NAME).dec();
    }
}

/// An interrupted statement ended because of its deadline: say so.
fn named<T>(desk: &Desk, result: Result<T, QueryError>) -> Result<T, QueryError> {
    match result {
        Err(QueryError::Store(_)) if desk.overrun() => Err(QueryError::Deadline(DEADLINE.as_secs())),
        other => other,
    }
}
