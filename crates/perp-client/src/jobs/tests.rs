mod crash;
mod liquidations;
mod orders;
mod queue;
mod world;
