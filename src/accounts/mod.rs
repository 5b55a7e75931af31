//! People who work at a node or a hub: their accounts, passwords, sessions, and what needs two of them. It knows no complaint and
//! no rule of who may do what with one.

pub mod approval;
pub mod error;
pub mod keeper;
pub mod password;
pub mod person;
pub mod roster;
pub mod throttle;
pub mod token;

#[cfg(test)]
mod tests;

pub use error::AccountError;
pub use keeper::{Accounts, Entered, NewAccount, Revision};
pub use password::Password;
pub use person::Person;
pub use token::Token;
