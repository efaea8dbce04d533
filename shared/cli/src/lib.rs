//! The command line tool as a library, for its tests.

pub mod check;
pub mod docs;
pub mod forget;
pub mod http;
pub mod new_crm;
pub mod register;
pub mod replay;
mod route_url;
pub mod schema;
pub mod secrets;
pub mod send;
pub mod stack;
pub mod tail;
pub mod terminal;
pub mod vendor_file;
