//! Stories of the exchange, each told on the native runtime and on the compiled binary. Amounts are in atoms, a
//! millionth of a USDC; the arithmetic stands above each number.

/// Makes two tests of a story: one for each back end.
macro_rules! on_both_backends {
    ($($story:ident),+ $(,)?) => {
        mod native {
            $(#[test]
            fn $story() {
                super::$story(perp_tests::Backend::Native);
            })+
        }
        mod sbf {
            $(#[test]
            fn $story() {
                super::$story(perp_tests::Backend::Sbf);
            })+
        }
    };
}
pub(crate) use on_both_backends;

use perp_tests::{Backend, World};

/// What [`World::new`] makes, with the exchange in memory beside it.
fn world(backend: Backend, markets: u16) -> World {
    let mut world = World::before_creation(backend);
    in_memory::follow(&mut world);
    world.set_up(markets);
    world
}

mod accounts;
mod chaos;
mod claims;
mod history;
mod in_memory;
mod life_cycle;
mod liquidity;
mod oracle_life;
mod orders;
mod parallel;
mod positions;
mod statuses;
mod trading;
