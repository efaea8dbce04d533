//! What holds the workspace together, and what its parts do seen from outside.

mod contract;
mod fields;
mod function;
mod registry;
mod schemes;
mod tolerance;
