mod queue;
mod sums;
