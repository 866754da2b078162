//! Every question by its number, and how it is answered.

#[cfg(not(target_arch = "wasm32"))]
use crate::layout;
use crate::refused::{Refused, Status};
use crate::world::World;
use bytemuck::Pod;

#[cfg(feature = "core")]
mod accounts;
#[cfg(feature = "paper")]
mod acting;
#[cfg(feature = "core")]
mod holding;
#[cfg(feature = "core")]
mod leverage;
#[cfg(feature = "core")]
mod markets;
#[cfg(feature = "core")]
mod orders;
#[cfg(feature = "rest")]
mod pool;
#[cfg(feature = "rest")]
mod resting;
#[cfg(feature = "paper")]
mod settling;
#[cfg(feature = "rest")]
mod sizing;
#[cfg(feature = "core")]
mod terms;
#[cfg(feature = "core")]
mod trading;
mod views;

/// Where an answer is written.
pub(crate) struct Output<'a> {
    words: &'a mut [u64],
    used: usize,
}

impl Output<'_> {
    /// Appends a struct.
    fn put<T: Pod>(&mut self, answer: &T) -> Result<(), Refused> {
        self.put_words(bytemuck::cast_slice(bytemuck::bytes_of(answer)))
    }

    #[inline(never)]
    fn put_words(&mut self, answer: &[u64]) -> Result<(), Refused> {
        let end = self.used.saturating_add(answer.len());
        let place = self.words.get_mut(self.used..end).ok_or(Refused::of(Status::AnswerTooLong))?;
        place.copy_from_slice(answer);
        self.used = end;
        Ok(())
    }
}

/// The structs of a question.
pub(crate) struct Question<'a>(&'a [u64]);

impl<'a> Question<'a> {
    /// The struct at the beginning, and what follows it.
    fn read<T: Pod>(&self) -> Result<(&'a T, &'a [u64]), Refused> {
        let (head, rest) = self.split(size_of::<T>() / 8)?;
        Ok((bytemuck::from_bytes(bytemuck::cast_slice(head)), rest))
    }

    /// The struct that the question is, and nothing after it.
    fn only<T: Pod>(&self) -> Result<&'a T, Refused> {
        let (question, rest) = self.read()?;
        if rest.is_empty() {
            Ok(question)
        } else {
            Err(Refused::with(Status::WrongLength, self.0.len() as u64, (size_of::<T>() / 8) as u64))
        }
    }

    /// The struct at the beginning and the items that follow it.
    #[cfg(any(feature = "core", feature = "rest"))]
    fn items<T: Pod, I: Pod>(&self) -> Result<(&'a T, &'a [I]), Refused> {
        let (question, rest) = self.read::<T>()?;
        if rest.len() % (size_of::<I>() / 8) != 0 {
            return Err(Refused::with(Status::WrongLength, self.0.len() as u64, (size_of::<T>() / 8) as u64));
        }
        Ok((question, bytemuck::cast_slice(rest)))
    }

    #[inline(never)]
    fn split(&self, words: usize) -> Result<(&'a [u64], &'a [u64]), Refused> {
        self.0.split_at_checked(words).ok_or(Refused::with(Status::WrongLength, self.0.len() as u64, words as u64))
    }
}

/// Answers one question.
type Answer = fn(&World, &Question<'_>, &mut Output<'_>) -> Result<(), Refused>;

macro_rules! questions {
    ($($(#[doc = $doc:literal])+ ($feature:literal) $number:literal $name:ident = $function:path, $question:ident $([$item:ident])? -> $($answer:ident)? $([$listed:ident])?;)+) => {
        fn dispatch(world: &World, number: u64, question: &Question<'_>, output: &mut Output<'_>) -> Result<(), Refused> {
            // A pointer is called, so that an answer stays a function of its own: one that holds all of them is a quarter larger.
            let answer: Answer = match number {
                $(#[cfg(feature = $feature)] $number => $function,)+
                _ => return Err(Refused::with(Status::UnknownQuestion, number, 0)),
            };
            answer(world, question, output)
        }

        /// Number, name, text, and the names of the structs of every question and its answer.
        #[cfg(not(target_arch = "wasm32"))]
        pub(crate) fn table() -> Vec<crate::description::QuestionRow> {
            $(
                let _: fn(layout::$question) = drop;
                $(let _: fn(layout::$item) = drop;)?
                $(let _: fn(layout::$answer) = drop;)?
                $(let _: fn(layout::$listed) = drop;)?
            )+
            vec![$(crate::description::QuestionRow {
                module: $feature,
                number: $number,
                name: stringify!($name),
                text: concat!($($doc),+),
                question: stringify!($question),
                items: concat!($(stringify!($item))?),
                answer: concat!($(stringify!($answer))?),
                answer_items: concat!($(stringify!($listed))?),
            }),+]
        }
    };
}

// Each is answered by one module alone: the core, which a page loads first, the rest, or the one for accounts on paper.
questions! {
    /// What a market order would come to.
    ("core") 1 trade = trading::trade, Trade -> TradeReceipt;
    /// The largest order that the exchange would fill.
    ("core") 2 largest_order = trading::largest_order, OfSide -> LargestOrder;
    /// What a deposit would leave.
    ("core") 3 deposit = accounts::deposit, Transfer -> TransferView;
    /// What a withdrawal would leave.
    ("core") 4 withdraw = accounts::withdraw, Transfer -> TransferView;
    /// What moving margin between two accounts would leave.
    ("core") 5 transfer_margin = accounts::transfer_margin, MarginTransfer -> MarginTransferView;
    /// What settling a position's profit or loss would move.
    ("paper") 6 settle_pnl = settling::settle_pnl, OfPosition -> SettlementView;
    /// What settling a position's funding would move.
    ("paper") 7 settle_funding = settling::settle_funding, OfPosition -> SettlementView;
    /// What redeeming a claim would pay.
    ("core") 8 redeem_claim = trading::redeem_claim, OfPosition -> SettlementView;
    /// What waiving a claim would give up.
    ("paper") 9 waive_claim = settling::waive_claim, OfPosition -> SettlementView;
    /// How a whole account stands.
    ("core") 10 account = accounts::account, OfAccount -> AccountView;
    /// The positions, claims and debts of an account.
    ("core") 11 positions = accounts::positions, OfAccount -> [PositionView];
    /// What a market says of itself.
    ("core") 12 market = markets::market, OfMarket -> MarketView;
    /// What cancelling and placing orders would come to.
    ("core") 13 place_orders = orders::place, Placement [PlacedOrder] -> PlacementView;
    /// What the orders of an account wait for.
    ("rest") 14 orders = resting::orders, OfAccount -> [OrderView];
    /// What whoever holds shares is exposed to.
    ("rest") 15 pool = pool::pool, Nothing -> PoolView [ExposureView];
    /// What a request for liquidity would pay and get.
    ("rest") 16 request_liquidity = pool::request, OfRequest -> RequestView;
    /// Profit and health at changed prices.
    ("rest") 17 ladder = sizing::ladder, Ladder [Change] -> [RungView];
    /// The open interest that changed prices liquidate.
    ("rest") 18 cascade = sizing::cascade, Cascade [Change] -> [CascadeView];
    /// The size that risks no more than an amount up to its stop.
    ("rest") 19 size_for_risk = sizing::risk, RiskToStop -> RiskView;
    /// The size that makes the equity as volatile as wanted.
    ("core") 20 size_for_volatility = leverage::volatility, VolatilityTarget -> SizeView;
    /// The leverage that an edge bears.
    ("core") 21 kelly = leverage::kelly, OfEdge -> KellyView;
    /// The size of a leverage.
    ("core") 22 size_of_leverage = leverage::size, OfLeverage -> SizeView;
    /// The largest order that survives an adverse move.
    ("rest") 23 largest_order_surviving = sizing::survival, Survival -> LargestOrder;
    /// The worst move and the volatility of candles.
    ("rest") 24 history = sizing::history, History [PriceCandle] -> HistoryView;
    /// What a position costs while it is held.
    ("core") 25 holding_cost = holding::holding, Holding [Ahead] -> [HoldingView];
    /// The leverage of everybody, with every market and margin account loaded.
    ("rest") 26 system = sizing::system, Nothing -> SystemView;
    /// The worst acceptable price of an order, by a tolerance.
    ("core") 27 worst_price = terms::worst_price, Tolerance -> PriceView;
    /// A part of a size, cut to base units.
    ("core") 28 part_of_size = terms::part_of_size, PartOfSize -> SizeView;
    /// Evenly spaced prices, for a ladder of orders.
    ("core") 29 price_steps = terms::price_steps, PriceSteps -> [PriceView];
}

impl World {
    /// Answers a question: its number and its structs, in words. Returns how many words of `output` the answer takes: the status and
    /// the structs, or what a refusal says.
    pub fn ask(&self, question: &[u64], output: &mut [u64]) -> usize {
        let mut answer = Output { words: output, used: 0 };
        let done = answer.put_words(&[Status::Answered as u64]).and_then(|()| match question.split_first() {
            Some((number, rest)) => dispatch(self, *number, &Question(rest), &mut answer),
            None => Err(Refused::with(Status::WrongLength, 0, 1)),
        });
        if let Err(Refused { status, words }) = done {
            answer.used = 0;
            // The buffer holds more than this; a caller with a smaller one gets nothing.
            let _ = answer.put_words(&[status as u64]).and_then(|()| answer.put(&words));
        }
        answer.used
    }
}
