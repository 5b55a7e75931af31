//! Mail by SMTP, to one server that takes it: encrypted, unless the server is on this machine. What is refused for a reporter's address is
//! refused for good; what is refused before that is a matter of settings, and tried again.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use thiserror::Error as Fault;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::facts::{Facts, Reached};
use super::letter::Letter;
use super::sign::seconds;
use super::{Notifier, Told};
use crate::domain::{NoticeFault, NoticeId, Timestamp};
use crate::words::Language;

/// How long one mail may take, from the connection to the server's last word.
pub const MAIL_LIMIT: Duration = Duration::from_mins(1);

/// How the way to the mail server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// It begins in the clear and goes over to TLS before anything is said (RFC 3207); a server that does not is not spoken to.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Not at all: only to this machine.
    Plain,
}

impl Security {
    /// Reads a setting.
    ///
    /// # Errors
    /// If it is none of the three.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "starttls" => Ok(Self::StartTls),
            "tls" => Ok(Self::Tls),
            "none" => Ok(Self::Plain),
            _ => Err("it is starttls, tls, or none (only to this machine)"),
        }
    }
}

/// Why no mail can be sent with these settings.
#[derive(Debug, Fault)]
pub enum MailerError {
    /// A sender that is none.
    #[error("the sender is no address such as lapor@padang.go.id or \"Lapor Padang <lapor@padang.go.id>\"")]
    From,
    /// A certificate that is none, or a host that no certificate could be for.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(String),
}

/// What is needed to send mail.
pub struct Account {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// Certificates in PEM that are trusted besides the public ones.
    pub authority: Option<Vec<u8>>,
    /// User and password, if the server asks for them.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Who sends.
    pub from: String,
    /// Where people ask.
    pub look_up: String,
    /// The language of mails.
    pub language: Language,
    /// How long one mail may take.
    pub limit: Duration,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// Sends mail.
pub struct Mailer {
    account: Account,
    from: Mailbox,
    hello: ClientId,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Checks an account. Nothing is connected to yet.
    ///
    /// # Errors
    /// If the sender or a certificate is none.
    pub fn new(account: Account) -> Result<Self, MailerError> {
        let from: Mailbox = account.from.parse().map_err(|_| MailerError::From)?;
        let refused = |error: Error| MailerError::Tls(error.to_string());
        let tls = match account.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => {
                let mut tls = TlsParameters::builder(account.host.clone());
                if let Some(pem) = &account.authority {
                    tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(refused)?);
                }
                Some(tls.build().map_err(refused)?)
            }
        };
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let login = account.login.as_ref().map(|(user, word)| Credentials::new(user.clone(), word.to_string()));
        Ok(Self { account, from, hello, tls, login })
    }

    async fn send(&self, to: Address, message: &[u8]) -> Told {
        let mut server = match self.connect().await {
            Ok(server) => server,
            Err(error) => return Told::Later(of_the_way(&error)),
        };
        let begun = server.command(Mail::new(Some(self.from.email.clone()), Vec::new())).await;
        if let Err(error) = begun {
            server.abort().await;
            return Told::Later(of_the_way(&error));
        }
        let told = match server.command(Rcpt::new(to, Vec::new())).await {
            Err(error) => of_the_address(&error),
            Ok(_) => match server.command(Data).await {
                Err(error) => of_the_address(&error),
                Ok(_) => match server.message(message).await {
                    Err(error) => of_the_address(&error),
                    Ok(_) => Told::Taken,
                },
            },
        };
        // Taken is taken, however the leave-taking goes.
        server.abort().await;
        told
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let Account { host, port, security, limit, .. } = &self.account;
        let from_the_start = self.tls.clone().filter(|_| *security == Security::Tls);
        let place = (host.as_str(), *port);
        let mut server =
            AsyncSmtpConnection::connect_tokio1(place, Some(*limit), &self.hello, from_the_start, None).await?;
        if let (Security::StartTls, Some(tls)) = (security, &self.tls) {
            server.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(login) = &self.login {
            server.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(server)
    }

    fn message(&self, to: &Address, letter: Letter, id: NoticeId, now: Timestamp) -> Option<Vec<u8>> {
        let since = Duration::from_secs(u64::try_from(seconds(now)).unwrap_or_default());
        // Nobody answers a machine, and machines do not answer one another (RFC 3834).
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(letter.subject)
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body);
        message.ok().map(|message| message.formatted())
    }
}

impl Notifier for Mailer {
    async fn tell(&self, id: NoticeId, facts: &Facts, now: Timestamp) -> Told {
        let to = match &facts.reporter {
            Reached::Nowhere => return Told::Nobody,
            Reached::Unreadable => return Told::Later(NoticeFault::Unreadable),
            Reached::At(address) => address.parse::<Address>(),
        };
        let Ok(to) = to else { return Told::Never(NoticeFault::BadAddress) };
        let letter = Letter::of(facts, &self.account.look_up, self.account.language);
        let Some(message) = self.message(&to, letter, id, now) else { return Told::Never(NoticeFault::BadAddress) };
        let sent = timeout(self.account.limit, Box::pin(self.send(to, &message))).await;
        sent.unwrap_or(Told::Later(NoticeFault::TooSlow))
    }
}

/// What went wrong before a reporter was named: never the notice's own fault.
fn of_the_way(error: &Error) -> NoticeFault {
    if error.is_timeout() {
        NoticeFault::TooSlow
    } else if error.is_permanent() || error.is_client() {
        NoticeFault::NotAccepted
    } else if error.is_transient() {
        NoticeFault::PutOff
    } else if error.is_tls() {
        NoticeFault::Tls
    } else {
        NoticeFault::Unreachable
    }
}

/// What went wrong once a reporter was named: a word for good (5xx, RFC 5321) is one.
fn of_the_address(error: &Error) -> Told {
    if error.is_permanent() { Told::Never(NoticeFault::Refused) } else { Told::Later(of_the_way(error)) }
}
