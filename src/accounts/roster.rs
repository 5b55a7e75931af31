//! A table of accounts to make: read whole, every mistake told at once, by line. It makes none, and repeats nothing of a cell.

use std::collections::HashMap;

use super::{AccountError, NewAccount, Password};
use crate::domain::{AccountRole, UnitCode};
use crate::runtime::Entropy;

/// Longest table, in bytes.
pub const TABLE_BYTES_MAX: u64 = 1024 * 1024;

/// The columns that a table must have, and one that it may have.
const COLUMNS: [&str; 4] = ["login", "name", "role", "unit"];
const PERSON: &str = "person";

/// Accounts to make, each with its line.
pub type Rows = Vec<(u64, NewAccount)>;
/// What is wrong, each with its line.
pub type Mistakes = Vec<(u64, AccountError)>;

/// Reads accounts of a CSV table with the columns login, name, role, unit and perhaps person; others are passed over. Each gets a
/// password to give out.
///
/// # Errors
/// Every mistake, with its line; 0 for the table itself.
pub fn read(table: &[u8], own: &UnitCode, entropy: &dyn Entropy) -> Result<Rows, Mistakes> {
    let table = table.strip_prefix(b"\xef\xbb\xbf").unwrap_or(table);
    let whole = || vec![(0, AccountError::Table)];
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(table);
    let names = reader.headers().map_err(|_| whole())?.clone();
    let places: HashMap<&str, usize> = names.iter().zip(0..).collect();
    if COLUMNS.iter().any(|column| !places.contains_key(column)) {
        return Err(whole());
    }
    let (mut found, mut mistakes, mut first) = (Vec::new(), Vec::new(), HashMap::new());
    for record in reader.records() {
        let Ok(record) = record else {
            mistakes.push((0, AccountError::Table));
            break;
        };
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |column: &str| places.get(column).and_then(|at| record.get(*at)).unwrap_or_default();
        match account(cell, own, entropy) {
            Ok(account) => {
                if first.insert(account.login.clone(), line).is_some() {
                    mistakes.push((line, AccountError::Taken));
                }
                found.push((line, account));
            }
            Err(error) => mistakes.push((line, error)),
        }
    }
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
}

fn account<'a>(
    cell: impl Fn(&str) -> &'a str,
    own: &UnitCode,
    entropy: &dyn Entropy,
) -> Result<NewAccount, AccountError> {
    let account = NewAccount {
        login: cell("login").to_owned(),
        name: cell("name").to_owned(),
        person: cell(PERSON).to_owned(),
        role: AccountRole::from_name(cell("role")).ok_or(AccountError::RoleShape)?,
        unit: UnitCode::parse(cell("unit")).map_err(|_| AccountError::UnitShape)?,
        password: Password::to_give_out(entropy),
        one_time: true,
    };
    account.check(own)?;
    Ok(account)
}
