mod crash;
mod liquidations;
mod orders;
mod queue;
mod shown;
mod world;
