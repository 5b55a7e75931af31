//! Where a database is, as an operator writes it. It opens nothing and shows no password.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;

use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use zeroize::Zeroizing;

/// How an address begins.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// The schema in which everything lies.
const SCHEMA: &str = "lintas";

/// What may stand behind the question mark, besides `options[NAME]`: all that the database library knows, but for passwords, which
/// would lie in settings, backups and logs. What it does not know it would write into the log, with its value.
const OPTIONS: [&str; 17] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// The address of a PostgreSQL database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with the options of libpq behind a
/// question mark (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`). What it leaves out comes from libpq's variables (`PGPASSWORD`,
/// …) and password file.
#[derive(Clone)]
pub struct Address {
    options: Box<PgConnectOptions>,
    schema: &'static str,
}

impl Address {
    /// Whether a text is meant as one.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }

    /// Reads an address.
    ///
    /// # Errors
    /// In one line, without the password, if it cannot be read, names no database, has a password or something unknown among its
    /// options, or would send complaints over a network without knowing to whom: to another machine only with
    /// `sslmode=verify-full`. (`verify-ca` would believe whoever has a certificate of any known authority, for any name.)
    pub fn parse(text: &str) -> Result<Self, String> {
        if !Self::is_one(text) {
            return Err("write postgres://USER@HOST/DATABASE".to_owned());
        }
        check_options(text)?;
        // What cannot be read is not repeated: a password may stand in it.
        let options = PgConnectOptions::from_str(text).map_err(|_| {
            "the address cannot be read; write postgres://USER:PASSWORD@HOST:PORT/DATABASE, and %40 for an @ in the password"
                .to_owned()
        })?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err("the address names no database; write postgres://USER@HOST/DATABASE".to_owned());
        }
        let verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
        if !verified && !is_this_machine(&options) {
            return Err(format!(
                "complaints would go to {} without proof of who it is; add ?sslmode=verify-full&sslrootcert=FILE",
                options.get_host()
            ));
        }
        let options = Box::new(options.application_name("lintas").disable_statement_logging());
        Ok(Self { options, schema: SCHEMA })
    }

    /// Takes the password out of an address: the address without it, and the password, if it had one.
    #[must_use]
    pub fn without_password(text: &str) -> (String, Option<Zeroizing<String>>) {
        let whole = || (text.to_owned(), None);
        let Some((scheme, rest)) = text.split_once("://") else { return whole() };
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let Some((user, host)) = authority.rsplit_once('@') else { return whole() };
        let Some((user, password)) = user.split_once(':') else { return whole() };
        let password = percent_decode_str(password).decode_utf8_lossy().into_owned();
        (format!("{scheme}://{user}@{host}{path}"), Some(Zeroizing::new(password)))
    }

    /// The same address with a password from elsewhere.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        Self { options: Box::new(self.options.password(password)), schema: self.schema }
    }

    /// The same address with another schema, so that many tests use one database; its connections bear its name.
    #[cfg(test)]
    pub(super) fn with_schema(self, schema: &'static str) -> Self {
        Self { options: Box::new(self.options.application_name(schema)), schema }
    }

    /// The same address, altered, as tests need it.
    #[cfg(test)]
    pub(super) fn altered(self, alter: impl FnOnce(PgConnectOptions) -> PgConnectOptions) -> Self {
        Self { options: Box::new(alter(*self.options)), schema: self.schema }
    }

    /// The schema in which everything lies.
    pub(super) const fn schema(&self) -> &'static str {
        self.schema
    }

    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// Looks at the names of the options. Of what is refused only a name that is known is repeated: the rest may be a password whose
/// signs were not escaped.
fn check_options(text: &str) -> Result<(), String> {
    if text.contains('#') {
        return Err("write %23 for a # in the address".to_owned());
    }
    let Some((_, options)) = text.split_once('?') else { return Ok(()) };
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let name = option.split_once('=').map_or(option, |(name, _)| name);
        if ["password", "sslpassword"].contains(&name) {
            return Err(format!(
                "{name} has no place behind the question mark; write postgres://USER:PASSWORD@HOST/DATABASE, from which it is \
                 taken out, or set database_password_file"
            ));
        }
        if !OPTIONS.contains(&name) && !name.starts_with("options[") {
            return Err(
                "the address has an unknown option behind the question mark; write sslmode, sslrootcert, sslcert, \
                 sslkey, host, port, user or dbname, and %3F for a ? in the password"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

/// Whether a connection stays on this machine.
fn is_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || loopback(host.trim_matches(['[', ']']))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, host, port) = (self.options.get_username(), self.options.get_host(), self.options.get_port());
        write!(f, "postgres://{user}@{host}:{port}/{}", self.options.get_database().unwrap_or_default())
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
        for wrong in
            ["postgres://hub:geheim@127.0.0.1:99999/lapor", "postgres://hub:geheim@127.0.0.1", "postgres:geheim"]
        {
            let said = Address::parse(wrong).unwrap_err();
            assert!(!said.contains("geheim"), "{said}");
        }
    }

    #[test]
    fn password_stays_in_the_address() {
        let (address, password) = Address::without_password("postgres://hub:ge%40h:eim@db:5433/lapor?sslmode=require");
        assert_eq!(address, "postgres://hub@db:5433/lapor?sslmode=require");
        assert_eq!(password.as_deref().map(String::as_str), Some("ge@h:eim"));
        for none in ["postgres://hub@db/lapor", "postgres:///lapor?user=a:b@c", "hub.db", "postgres://db:5433/lapor"] {
            assert_eq!(Address::without_password(none), (none.to_owned(), None));
        }
    }

    #[test]
    fn password_among_the_options_is_kept() {
        for given in [
            "postgres:///lapor?host=/run/postgresql&user=hub&password=geheim",
            "postgres://hub@localhost/lapor?sslpassword=geheim",
            "postgres://hub@localhost/lapor?pass%77ord=geheim",
            "postgres://hub@localhost/lapor?pasword=geheim",
            "postgres://hub@localhost/lapor?user=hub&geheim",
            "postgres://hub@localhost/lapor?user=hub#password=geheim",
            "postgres://hub:x?geheim@localhost/lapor",
        ] {
            let said = Address::parse(given).unwrap_err();
            assert!(!said.contains("geheim"), "{said}");
        }
        let known = "sslmode=verify-full&sslrootcert=ca.pem&application_name=x&options=-cjit=off&options[work_mem]=8MB";
        assert!(Address::parse(&format!("postgres://hub@db/lapor?{known}")).is_ok());
        assert!(Address::parse("postgres://hub@localhost/lapor?").is_ok());
    }

    #[test]
    fn complaints_cross_a_network_to_nobody_knows_whom() {
        for elsewhere in ["10.0.0.7", "db.lapor.example", "[2001:db8::1]"] {
            for mode in ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=disable"] {
                assert!(
                    Address::parse(&format!("postgres://hub@{elsewhere}/lapor{mode}")).is_err(),
                    "{elsewhere}{mode}"
                );
            }
            assert!(Address::parse(&format!("postgres://hub@{elsewhere}/lapor?sslmode=verify-full")).is_ok());
        }
        for here in ["127.0.0.1", "localhost", "[::1]"] {
            assert!(Address::parse(&format!("postgres://hub@{here}/lapor")).is_ok(), "{here}");
        }
        assert!(Address::parse("postgres:///lapor?host=/run/postgresql&user=hub").is_ok());
    }
}
