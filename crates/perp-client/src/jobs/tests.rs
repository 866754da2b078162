mod crash;
mod liquidations;
mod queue;
mod world;
