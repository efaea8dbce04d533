//! What the command line tool does, as a library: the tests of the workspace use the same cases and the same code.

pub mod answer;
pub mod case;
pub mod catalog;
pub mod check;
pub mod gateway;
pub mod http;
pub mod register;
pub mod replay;
pub mod schema;
pub mod send;
pub mod stack;
pub mod story;
pub mod tail;
pub mod view;
