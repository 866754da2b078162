//! Liquidity.

use super::*;

impl World {
    pub fn allocate_backing(&mut self, market: usize) -> Result<SignedAtoms, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let plan = plan_allocate_backing(&world.pool, &world.markets[market], world.status(), world.clock)?;
            let value = reference::pool_value_raw(world);
            world.pool = plan.pool;
            world.markets[market].books = plan.books;
            let state = &world.markets[market];
            if plan.moved.is_negative() {
                let means = reference::means(&state.books, &state.parameters, i128::from(state.price.price.get()));
                assert!(means.spare >= means.need, "backing was taken from a market that needs it");
            } else {
                let principal = u128::from(world.pool.cash.get() + world.pool.placed.get());
                let cap = principal * u128::from(state.parameters.backing_cap.get()) / u128::from(PPM);
                assert!(u128::from(state.books.net_principal.get()) <= cap);
            }
            assert!(reference::pool_value_raw(world) >= value, "moving backing lost value");
            Ok((if plan.moved.is_negative() { Verb::TakeBackBacking } else { Verb::PlaceBacking }, plan.moved))
        })
    }

    pub fn request_deposit(&mut self, holder: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let plan = plan_request_deposit(&world.pool, atoms(amount), Atoms::ZERO, world.clock)?;
            world.pool = plan.pool;
            world.vault = world.vault.plus(atoms(amount))?;
            world.requests.push(OpenRequest { holder, kind: RequestKind::Deposit, request: plan.request });
            Ok((Verb::RequestDeposit, ()))
        })
    }

    pub fn request_withdrawal(&mut self, holder: usize, shares: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let owned = world.shares[holder];
            let plan = plan_request_withdrawal(&world.pool, atoms(shares), owned, Atoms::ZERO, world.clock)?;
            world.pool = plan.pool;
            world.shares[holder] = owned.minus(atoms(shares))?;
            world.requests.push(OpenRequest { holder, kind: RequestKind::Withdrawal, request: plan.request });
            Ok((Verb::RequestWithdrawal, ()))
        })
    }

    /// Executes a request with every market brought up to date before, as executors do.
    pub fn execute(&mut self, index: usize) -> Result<(), EngineError> {
        self.execute_by(index, Executor::Anybody)
    }

    /// The same by the request's owner, who may forgo what cannot be valued.
    pub fn execute_by(&mut self, index: usize, executor: Executor) -> Result<(), EngineError> {
        self.instruction(|world| {
            for market in 0..world.markets.len() {
                world.bring_up_to_date(market)?;
            }
            let OpenRequest { holder, kind, request } = world.requests[index];
            let markets: Vec<&Market> = world.markets.iter().collect();
            let (value, shares) = (reference::pool_value_raw(world), i128::from(world.pool.shares.get()));
            let verb = match kind {
                RequestKind::Deposit => {
                    let plan = plan_execute_deposit(
                        &world.pool,
                        &markets,
                        &request,
                        world.status(),
                        world.resumed_at(),
                        world.clock,
                    )?;
                    world.pool = plan.pool;
                    world.shares[holder] = world.shares[holder].plus(plan.shares_out)?;
                    world.requests.remove(index);
                    Verb::ExecuteDeposit
                }
                RequestKind::Withdrawal => {
                    let plan = plan_execute_withdrawal(
                        &world.pool,
                        &markets,
                        &request,
                        executor,
                        world.status(),
                        world.resumed_at(),
                        world.clock,
                    )?;
                    world.pool = plan.pool;
                    world.vault = world.vault.minus(plan.paid)?;
                    world.paid_out[holder] = world.paid_out[holder].plus(plan.paid)?;
                    match plan.request_left {
                        Some(left) => world.requests[index].request = left,
                        None => {
                            world.requests.remove(index);
                        }
                    }
                    Verb::ExecuteWithdrawal
                }
            };
            // Nobody's share loses by another's coming or going: V′/S′ ≥ V/S.
            let (value_after, shares_after) = (reference::pool_value_raw(world), i128::from(world.pool.shares.get()));
            assert!(
                ratio_not_below(value_after, shares_after, value, shares),
                "a share fell from {value}/{shares} to {value_after}/{shares_after}"
            );
            Ok((verb, ()))
        })
    }

    pub fn return_lapsed(&mut self, index: usize) -> Result<(), EngineError> {
        self.instruction(|world| {
            let OpenRequest { holder, kind, request } = world.requests[index];
            let plan = plan_return_lapsed(&world.pool, &request, kind, world.clock)?;
            world.pool = plan.pool;
            world.vault = world.vault.minus(plan.tokens)?;
            world.paid_out[holder] = world.paid_out[holder].plus(plan.tokens)?;
            world.shares[holder] = world.shares[holder].plus(plan.shares)?;
            world.requests.remove(index);
            Ok((Verb::ReturnLapsed, ()))
        })
    }

    /// A deposit of liquidity from request to shares.
    pub fn provide(&mut self, holder: usize, amount: u64) -> Result<(), EngineError> {
        self.request_deposit(holder, amount)?;
        self.wait(self.pool.parameters.deposit_delay);
        self.refresh();
        self.execute(self.requests.len() - 1)
    }

    pub fn fund_insurance(&mut self, market: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.markets[market].books = plan_fund_market_insurance(&world.markets[market], atoms(amount))?;
            world.vault = world.vault.plus(atoms(amount))?;
            Ok((Verb::FundInsurance, ()))
        })
    }

    pub fn fund_shared_insurance(&mut self, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.pool = plan_fund_shared_insurance(&world.pool, atoms(amount))?;
            world.vault = world.vault.plus(atoms(amount))?;
            Ok((Verb::FundSharedInsurance, ()))
        })
    }
}
