//! A job that is sent, and its way back.

use std::sync::mpsc::Sender;

use perp_accounts::{LiquidityRequest, MarginAccount, Market, Orders, Pool};
use perp_client::addresses::orders_address;
use perp_client::jobs::{Job, Task};
use perp_client::rpc::{FetchError, Landed, SendError, Venue};

use crate::journal::Decided;
use crate::memory::Basis;
use crate::outcome::{may_have_cost, Outcome};
use crate::plan::{account, market, order, order_print, print};

/// A job that is sent.
pub struct Sent {
    /// The job.
    pub job: Job,
    /// What was decided about it, and when.
    pub decided: Decided,
    /// What it was planned on.
    pub basis: Basis,
    /// What it costs, in lamports.
    pub fee: u64,
}

/// What became of one.
pub struct Settled {
    /// The job.
    pub sent: Sent,
    /// What to do about it.
    pub outcome: Outcome,
    /// What it has cost, in lamports, or may have.
    pub cost: u64,
    /// What the node has said.
    pub result: Result<Landed, SendError>,
}

/// A job on its way. Whatever becomes of it, and of the thread that has it, it is heard of.
pub struct Ticket {
    sent: Option<Sent>,
    outcomes: Sender<Settled>,
}

impl Ticket {
    /// One for a job that is to be sent.
    pub fn new(sent: Sent, outcomes: Sender<Settled>) -> Self {
        Self { sent: Some(sent), outcomes }
    }

    /// Tells what became of it. May ask the node whether somebody else was first.
    pub fn settle(mut self, venue: &Venue, result: Result<Landed, SendError>) {
        let Some(sent) = self.sent.take() else { return };
        let outcome = match &result {
            Ok(_) => Outcome::Won,
            Err(error) => Outcome::of(error, || has_changed(venue, &sent)).about(&sent.job.task),
        };
        let has_cost = result.as_ref().map_or_else(may_have_cost, |_| true);
        let cost = if has_cost { sent.fee } else { 0 };
        // Nobody listens any more where this fails.
        let _ = self.outcomes.send(Settled { sent, outcome, cost, result });
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // It may be on its way all the same, and is counted as if it were.
        if let Some(sent) = self.sent.take() {
            let result = Err(SendError::NotSent { reason: "the task that had it has ended".into() });
            let (outcome, cost) = (Outcome::Unknown, sent.fee);
            let _ = self.outcomes.send(Settled { sent, outcome, cost, result });
        }
    }
}

/// Whether what the job is about is another now than it was planned on.
fn has_changed(venue: &Venue, sent: &Sent) -> bool {
    let task = &sent.job.task;
    // Whoever cannot be asked has not changed, so that the job is tried again.
    subject(venue, task).is_ok_and(|subject| subject != sent.basis.subject)
}

/// What a job is about as the node has it, numbered as in [`crate::plan::basis`].
fn subject(venue: &Venue, task: &Task) -> Result<Option<u64>, FetchError> {
    let (connection, addresses) = (&venue.connection, &venue.addresses);
    if let Some((account, place)) = order(task) {
        let orders = connection.find::<Orders>(&orders_address(&account))?;
        return Ok(order_print(orders.as_ref(), place));
    }
    match (task, account(task), market(task)) {
        (_, Some(address), _) => Ok(connection.find::<MarginAccount>(&address)?.as_ref().map(print)),
        (_, _, Some(index)) => {
            Ok(connection.find::<Market>(&addresses.market(index))?.map(|market| market.state.sequence))
        }
        (Task::PayRequest { request }, ..) => Ok(connection.find::<LiquidityRequest>(request)?.as_ref().map(print)),
        _ => Ok(connection.find::<Pool>(&addresses.pool)?.map(|pool| pool.state.sequence)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Instant;

    fn sent() -> Sent {
        let task = Task::FundClaims { market: 3 };
        let (pays, moves) = (Default::default(), Default::default());
        let job = Job { task, pays, promises: 0, advances: 0, moves, instructions: Vec::new(), compute_units: 0 };
        let now = Instant::now();
        let decided = Decided { read: now, recorded: now, slot: 7 };
        Sent { job, decided, basis: Basis::default(), fee: 5_000 }
    }

    #[test]
    fn a_task_that_ends_in_the_middle_of_a_job_is_heard_of() {
        let (outcomes, heard) = channel();
        let ticket = Ticket::new(sent(), outcomes);
        let panics = std::thread::spawn(move || {
            let _ticket = ticket;
            panic!("in the middle of it");
        });
        assert!(panics.join().is_err());
        let settled = heard.recv().unwrap();
        assert_eq!(settled.sent.job.task, Task::FundClaims { market: 3 });
        // It may have been sent before.
        assert_eq!((settled.outcome, settled.cost), (Outcome::Unknown, 5_000));
    }
}
