//! Where a database is, as an operator writes it. It opens nothing and shows no password.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// How an address begins.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// The address of a PostgreSQL database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with the options of libpq behind a
/// question mark (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`). What it leaves out comes from libpq's variables (`PGPASSWORD`,
/// …) and password file.
#[derive(Clone)]
pub struct Address(PgConnectOptions);

impl Address {
    /// Whether a text is meant as one.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }

    /// Reads an address.
    ///
    /// # Errors
    /// In one line, without the password, if it cannot be read, names no database, or would send complaints over a network
    /// without knowing to whom: to another machine only with `sslmode=verify-full` (or `verify-ca`).
    pub fn parse(text: &str) -> Result<Self, String> {
        if !Self::is_one(text) {
            return Err("write postgres://USER@HOST/DATABASE".to_owned());
        }
        // What cannot be read is not repeated: a password may stand in it.
        let options = PgConnectOptions::from_str(text).map_err(|_| {
            "the address cannot be read; write postgres://USER:PASSWORD@HOST:PORT/DATABASE, and %40 for an @ in the password"
                .to_owned()
        })?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err("the address names no database; write postgres://USER@HOST/DATABASE".to_owned());
        }
        let verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull | PgSslMode::VerifyCa);
        if !verified && !is_this_machine(&options) {
            return Err(format!(
                "complaints would go to {} without proof of who it is; add ?sslmode=verify-full&sslrootcert=FILE",
                options.get_host()
            ));
        }
        Ok(Self(options.application_name("lintas").disable_statement_logging()))
    }

    /// The same address with a password from elsewhere.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        Self(self.0.password(password))
    }

    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

/// Whether a connection stays on this machine.
fn is_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || loopback(host.trim_matches(['[', ']']))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, host, port) = (self.0.get_username(), self.0.get_host(), self.0.get_port());
        write!(f, "postgres://{user}@{host}:{port}/{}", self.0.get_database().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_shown() {
        let address = Address::parse("postgres://hub:geheim@127.0.0.1:5433/lapor").unwrap();
        assert_eq!(address.to_string(), "postgres://hub@127.0.0.1:5433/lapor");
        assert_eq!(format!("{address:?}"), address.to_string());
        for wrong in ["postgres://hub:geheim@127.0.0.1:99999/lapor", "postgres://hub:geheim@127.0.0.1", "postgres:geheim"] {
            let said = Address::parse(wrong).unwrap_err();
            assert!(!said.contains("geheim"), "{said}");
        }
    }

    #[test]
    fn complaints_cross_a_network_to_nobody_knows_whom() {
        for elsewhere in ["10.0.0.7", "db.lapor.example", "[2001:db8::1]"] {
            for mode in ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=disable"] {
                assert!(Address::parse(&format!("postgres://hub@{elsewhere}/lapor{mode}")).is_err(), "{elsewhere}{mode}");
            }
            assert!(Address::parse(&format!("postgres://hub@{elsewhere}/lapor?sslmode=verify-full")).is_ok());
        }
        for here in ["127.0.0.1", "localhost", "[::1]"] {
            assert!(Address::parse(&format!("postgres://hub@{here}/lapor")).is_ok(), "{here}");
        }
        assert!(Address::parse("postgres://hub@/lapor?host=/run/postgresql").is_ok());
    }
}
