//! Requests that wait, in sums at the places of their boundaries.

extern crate std;

use super::super::*;
use proptest::prelude::*;
use std::vec::Vec;

const EPOCH: u32 = 3_600;

/// The boundary of that number since 1970.
fn boundary(number: i64) -> Timestamp {
    Timestamp::new(number * i64::from(EPOCH))
}

fn deposit(number: i64, amount: u64) -> Waiting {
    let request = Request { amount: Atoms::new(amount), ..Request::default() };
    Waiting::one(&request, RequestKind::Deposit, boundary(number), 10)
}

/// Adds a deposit while boundary `now` is the first that has not come.
fn add(queue: &mut Queue, number: i64, amount: u64, now: i64) {
    queue.add(&deposit(number, amount), boundary(now), EPOCH).unwrap();
}

/// What waits, as (number of the boundary, tokens, requests), in the order of the boundaries.
fn waiting(queue: &Queue) -> Vec<(i64, u64, u32)> {
    let mut found: Vec<_> = queue
        .waiting
        .iter()
        .filter(|waiting| **waiting != Waiting::default())
        .map(|waiting| {
            let (amount, count) = (waiting.deposits.amounts[0].get(), waiting.deposits.requests[0]);
            (waiting.boundary.get() / i64::from(EPOCH), amount, count)
        })
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn requests_of_one_boundary_share_a_place() {
    let mut queue = Queue::default();
    assert_eq!(queue.earliest(), None);
    add(&mut queue, 105, 7, 100);
    add(&mut queue, 103, 5, 100);
    add(&mut queue, 105, 2, 100);
    assert_eq!(waiting(&queue), [(103, 5, 1), (105, 9, 2)]);
    assert_eq!(queue.earliest(), Some(boundary(103)));
    assert_eq!(queue.waiting.iter().map(|waiting| waiting.lamports).sum::<u64>(), 30);
}

#[test]
fn taking_a_boundary_takes_every_one_before_it_too() {
    let mut queue = Queue::default();
    for (number, amount) in [(102, 1), (103, 20), (104, 300), (105, 4_000)] {
        add(&mut queue, number, amount, 100);
    }
    let taken = queue.take(boundary(104)).unwrap();
    // 1 + 20 + 300, and the lamports of three.
    let expected = RequestSums { requests: [3, 0, 0, 0, 0], ..RequestSums::one(PriceLimit::None, Atoms::new(321)) };
    assert_eq!(taken, Waiting { boundary: boundary(104), lamports: 30, deposits: expected, ..Waiting::default() });
    assert_eq!(waiting(&queue), [(105, 4_000, 1)]);
    // Nothing is taken twice, and nothing of what is ahead.
    let again = queue.take(boundary(104)).unwrap();
    assert_eq!(again, Waiting { boundary: boundary(104), ..Waiting::default() });
    assert_eq!(waiting(&queue), [(105, 4_000, 1)]);
}

#[test]
fn every_boundary_up_to_thirty_epochs_ahead_has_a_place_of_its_own() {
    // The next boundary is 100; with a notice of 30 epochs a request waits for 130 at most, or 131 just after 100.
    for now in 100..=132 {
        let mut queue = Queue::default();
        for number in now..now + 32 {
            add(&mut queue, number, 1, now);
        }
        let expected: Vec<_> = (now..now + 32).map(|number| (number, 1, 1)).collect();
        assert_eq!(waiting(&queue), expected);
    }
}

#[test]
fn what_is_found_of_a_boundary_long_past_waits_for_the_next_one() {
    // 103 was passed over while another boundary was closed late; 135 = 103 + 32 has its place.
    let mut queue = Queue::default();
    add(&mut queue, 103, 5, 100);
    add(&mut queue, 135, 7, 120);
    assert_eq!(waiting(&queue), [(120, 5, 1), (135, 7, 1)]);
    // The one it then waits for may have requests already, or be that of the new request.
    add(&mut queue, 119, 2, 119);
    add(&mut queue, 151, 3, 120);
    assert_eq!(waiting(&queue), [(120, 7, 2), (135, 7, 1), (151, 3, 1)]);
    let mut queue = Queue::default();
    add(&mut queue, 103, 5, 100);
    add(&mut queue, 135, 7, 135);
    assert_eq!(waiting(&queue), [(135, 12, 2)]);
    // And what is found there is of one long past as well.
    let mut queue = Queue::default();
    add(&mut queue, 103, 5, 100);
    add(&mut queue, 104, 9, 100);
    add(&mut queue, 167, 7, 136);
    assert_eq!(waiting(&queue), [(136, 14, 2), (167, 7, 1)]);
}

#[test]
fn more_requests_than_can_be_counted_are_refused() {
    let mut queue = Queue::default();
    let place = &mut queue.waiting[105 % QUEUE_BOUNDARIES];
    place.boundary = boundary(105);
    place.deposits.requests[0] = u32::MAX;
    assert_eq!(queue.add(&deposit(105, 1), boundary(100), EPOCH), Err(EngineError::Overflow));
    assert!(queue.add(&deposit(106, 1), boundary(100), EPOCH).is_ok());
}

#[test]
fn there_is_no_place_before_1970_and_none_where_boundaries_are_no_second_apart() {
    let mut queue = Queue::default();
    assert_eq!(queue.add(&deposit(-1, 1), boundary(0), EPOCH), Err(EngineError::Overflow));
    assert_eq!(queue.add(&deposit(1, 1), boundary(0), 0), Err(EngineError::Overflow));
    assert_eq!(queue, Queue::default());
}

/// Requests that wait one by one, beside a queue that sums them.
struct Model {
    queue: Queue,
    open: Vec<(i64, u64)>,
    awaited: Option<i64>,
    kept: bool,
}

impl Model {
    /// Takes the boundary that is waited for once it has come, `now` being the first that has not, and compares.
    fn keep(&mut self, now: i64) -> Result<(), TestCaseError> {
        let Some(awaited) = self.awaited.filter(|awaited| *awaited < now && !self.kept) else { return Ok(()) };
        let found = self.queue.take(boundary(awaited)).unwrap();
        let due: Vec<u64> =
            self.open.iter().filter(|(number, _)| *number <= awaited).map(|(_, amount)| *amount).collect();
        prop_assert_eq!(found.deposits.amounts[0].get(), due.iter().sum::<u64>());
        prop_assert_eq!(found.deposits.count().unwrap() as usize, due.len());
        prop_assert_eq!(found.lamports, 10 * due.len() as u64);
        self.open.retain(|(number, _)| *number > awaited);
        self.kept = true;
        Ok(())
    }

    fn request(&mut self, number: i64, amount: u64, now: i64) {
        add(&mut self.queue, number, amount, now);
        self.open.push((number, amount));
        self.awaited = Some(self.awaited.map_or(number, |awaited| awaited.min(number)));
    }

    fn close(&mut self, now: i64) {
        if self.kept {
            self.kept = false;
            self.awaited = self.queue.earliest().map(|earliest| (earliest.get() / i64::from(EPOCH)).max(now));
        }
    }
}

proptest! {
    /// Requests arrive while days pass in which nobody values or closes anything. Whoever makes one has the boundary kept that has
    /// come: each is taken exactly once, at the first boundary waited for from its own on, and at none before.
    #[test]
    fn every_request_is_taken_at_the_first_boundary_waited_for_from_its_own_on(
        steps in prop::collection::vec((0i64..40, 1i64..=30, 1u64..1_000, prop::bool::weighted(0.3)), 1..200),
    ) {
        let mut model = Model { queue: Queue::default(), open: Vec::new(), awaited: None, kept: false };
        let mut now = 100;
        for (passed, ahead, amount, closed) in steps {
            now += passed;
            model.keep(now)?;
            model.request(now + ahead, amount, now);
            if closed {
                model.close(now);
            }
        }
        let left = model.queue.take(Timestamp::new(i64::MAX)).unwrap();
        prop_assert_eq!(left.deposits.amounts[0].get(), model.open.iter().map(|(_, amount)| amount).sum::<u64>());
    }
}
