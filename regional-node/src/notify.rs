//! How this node tells reporters: what the settings say of it, and one task for each recipient, so that one that is down holds up nobody
//! else. What is told, and what becomes of it, is the library's.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lintas::desk::Desk;
use lintas::domain::{HookName, Recipient, Telling};
use lintas::identity::PublicTls;
use lintas::identity::files::{read_public, read_secret};
use lintas::notify::courier::ROUND_MAX;
use lintas::notify::mail::{Account, MAIL_LIMIT};
use lintas::notify::webhook::{HookUrl, WEBHOOK_LIMIT};
use lintas::notify::{Courier, HookSecret, Mailer, Notifier, Security, SystemNames, Webhook, begin, forget};
use lintas::runtime::settings::Settings as Read;
use lintas::runtime::{OnFailure, OsEntropy, Tasks, credentials};
use lintas::store::Store;
use lintas::words::Language;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The last setting of this kind in a settings file, behind which an example of webhooks stands.
pub(crate) const LAST_KEY: &str = "notify.smtp.from";
/// How webhooks are set up.
pub(crate) const EXAMPLE: &str = "# Webhooks, each under a name of its own: signed as Standard Webhooks has it, with the secret in a file (mode 0600; or\n\
     # credential:NAME). Only https:// to public addresses, unless allow_private is true. Nothing personal is sent.\n\
     # webhook.sms.url = \"https://sms.padang.go.id/lintas\"\n\
     # webhook.sms.secret_file = \"keys/sms.secret\"\n\
     # webhook.sms.authority = \"keys/sms-ca.pem\"\n\
     # webhook.sms.allow_private = false\n";

const WEBHOOKS: &str = "notify.webhook";
/// Most webhooks of a node: each has a task of its own, and a row for every step.
const WEBHOOKS_MAX: usize = 16;

/// How often it is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long somebody who cannot be told anything is left alone.
const BROKEN_WAIT: Duration = Duration::from_secs(30);
/// How often what is old is forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// How reporters are told, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notify {
    language: Language,
    look_up: String,
    smtp: Option<Smtp>,
    hooks: BTreeMap<HookName, Hook>,
}

#[derive(Clone, Debug)]
struct Smtp {
    host: String,
    port: u16,
    security: Security,
    authority: Option<PathBuf>,
    login: Option<PathBuf>,
    from: String,
}

#[derive(Clone, Debug)]
struct Hook {
    url: HookUrl,
    secret: PathBuf,
    authority: Option<PathBuf>,
    allow_private: bool,
}

impl Notify {
    /// Reads the settings; none if something is wrong, which is noted.
    pub(crate) fn read(read: &mut Read, data: &Path) -> Option<Self> {
        let text = |value: &str| Ok::<_, &str>(value.to_owned());
        let language = read.or("notify.lang", Language::Indonesian, "remedy.text", str::parse::<Language>);
        let look_up = read.or("notify.look_up", String::new(), "remedy.text", text);
        let smtp = Smtp::read(read, data);
        let mut hooks = Some(BTreeMap::new());
        for name in read.names_below(WEBHOOKS) {
            let hook = Hook::read(read, &name, data);
            hooks = hooks.zip(hook).map(|(mut hooks, (name, hook))| {
                hooks.insert(name, hook);
                hooks
            });
        }
        Some(Self { language: language?, look_up: look_up?, smtp: smtp?, hooks: hooks? })
    }

    /// Who is told.
    pub(crate) fn telling(&self) -> Telling {
        Telling { mail: self.smtp.is_some(), webhooks: self.hooks.keys().cloned().collect::<BTreeSet<_>>() }
    }
}

impl Smtp {
    #[expect(clippy::option_option, reason = "wrong, left out, or there")]
    fn read(read: &mut Read, data: &Path) -> Option<Option<Self>> {
        let text = |value: &str| Ok::<_, &str>(value.to_owned());
        let host = read.or("notify.smtp.host", String::new(), "remedy.smtp", text);
        let port = read.or("notify.smtp.port", 587, "remedy.smtp", str::parse::<u16>);
        let local = host.as_deref().is_some_and(is_this_machine);
        let security = read.or("notify.smtp.tls", Security::StartTls, "remedy.smtp", |value| {
            let security = Security::parse(value)?;
            let bare = security == Security::Plain && !local;
            if bare {
                Err("without encryption mail goes only to this machine (localhost, 127.0.0.1)")
            } else {
                Ok(security)
            }
        });
        let authority = read.or("notify.smtp.authority", None, "remedy.text", |value| {
            Ok::<_, &str>((!value.is_empty()).then(|| data.join(value)))
        });
        let login = read.or("notify.smtp.login", None, "remedy.secret", |value| {
            if value.is_empty() { Ok(None) } else { credentials::place(value, data).map(Some) }
        });
        let wanted = host.as_ref().is_some_and(|host| !host.is_empty());
        let from = read.or("notify.smtp.from", String::new(), "remedy.smtp", text);
        let from = match from {
            Some(from) if wanted && from.is_empty() => {
                read.required("notify.smtp.from", "remedy.smtp", |_| Err::<String, _>("it goes with notify.smtp.host"))
            }
            other => other,
        };
        let smtp =
            Self { host: host?, port: port?, security: security?, authority: authority?, login: login?, from: from? };
        Some(wanted.then_some(smtp))
    }
}

impl Hook {
    fn read(read: &mut Read, name: &str, data: &Path) -> Option<(HookName, Self)> {
        let key = |part: &str| format!("{WEBHOOKS}.{name}.{part}");
        let allow_private = read.or(&key("allow_private"), false, "remedy.webhook", str::parse::<bool>);
        let known = HookName::parse(name);
        let url = read.required(&key("url"), "remedy.webhook", |text| {
            if known.is_none() {
                return Err("a webhook's name is 1 to 32 small letters, digits and hyphens".to_owned());
            }
            HookUrl::parse(text, allow_private.unwrap_or_default()).map_err(|error| error.to_string())
        });
        let secret = read.required(&key("secret_file"), "remedy.secret", |text| credentials::place(text, data));
        let authority = read.optional(&key("authority"), "remedy.text", |text| Ok::<_, &str>(data.join(text)));
        Some((known?, Self { url: url?, secret: secret?, authority, allow_private: allow_private? }))
    }
}

/// Whether a host can only be this machine.
fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The couriers of a node, ready to go.
pub(crate) struct Couriers<S> {
    mail: Option<Courier<S, Mailer>>,
    hooks: Vec<Courier<S, Webhook<SystemNames>>>,
}

/// Makes the couriers, with their secrets.
///
/// # Errors
/// If a secret is missing, loose or none, or a certificate is none.
pub(crate) fn couriers<S: Store>(notify: &Notify, desk: &Desk<S>) -> Result<Couriers<S>, Failure> {
    let wrong = |key: String, why: String| Failure::Notify { key, why };
    if notify.hooks.len() > WEBHOOKS_MAX {
        return Err(wrong("webhook".to_owned(), format!("there are more than {WEBHOOKS_MAX}")));
    }
    let mail = match &notify.smtp {
        Some(smtp) => {
            let mailer = Mailer::new(account(smtp, notify)?);
            let mailer = mailer.map_err(|error| wrong("smtp".to_owned(), error.to_string()))?;
            Some(courier(desk, Recipient::Reporter, mailer, notify.language))
        }
        None => None,
    };
    let mut hooks = Vec::new();
    for (name, hook) in &notify.hooks {
        let bytes = read_secret(&hook.secret)?;
        let secret = HookSecret::parse(std::str::from_utf8(&bytes).unwrap_or_default());
        let key = || format!("webhook.{}.secret_file", name.as_str());
        let secret = secret.map_err(|error| wrong(key(), error.to_string()))?;
        let webhook = Webhook {
            url: hook.url.clone(),
            secret,
            allow_private: hook.allow_private,
            tls: PublicTls::new(hook.authority.as_deref())?,
            names: SystemNames,
            limit: WEBHOOK_LIMIT,
        };
        hooks.push(courier(desk, Recipient::Webhook(name.clone()), webhook, notify.language));
    }
    Ok(Couriers { mail, hooks })
}

fn courier<S: Store, N>(desk: &Desk<S>, recipient: Recipient, notifier: N, language: Language) -> Courier<S, N> {
    Courier { desk: desk.clone(), entropy: Arc::new(OsEntropy), recipient, notifier, language }
}

fn account(smtp: &Smtp, notify: &Notify) -> Result<Account, Failure> {
    let login = match &smtp.login {
        Some(path) => {
            let bytes = read_secret(path)?;
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            let (user, word) = text.split_once('\n').unwrap_or_default();
            let word = Zeroizing::new(word.trim_end_matches(['\r', '\n']).to_owned());
            let user = user.trim().to_owned();
            if user.is_empty() || word.is_empty() || word.contains('\n') {
                let why = "the file holds two lines, the user and the password".to_owned();
                return Err(Failure::Notify { key: "smtp.login".to_owned(), why });
            }
            Some((user, word))
        }
        None => None,
    };
    Ok(Account {
        host: smtp.host.clone(),
        port: smtp.port,
        security: smtp.security,
        authority: smtp.authority.as_deref().map(read_public).transpose()?,
        login,
        from: smtp.from.clone(),
        look_up: notify.look_up.clone(),
        language: notify.language,
        limit: MAIL_LIMIT,
    })
}

/// Starts a task for each recipient, and one that forgets what is old.
pub(crate) fn start<S: Store>(couriers: Couriers<S>, desk: &Desk<S>, telling: Telling, tasks: &Tasks) {
    let Couriers { mail, hooks } = couriers;
    let (keeper, stop) = (desk.clone(), tasks.stopping());
    tasks.spawn("notices", OnFailure::EndProcess, async move {
        keep(keeper, telling, stop).await;
        Ok::<(), Infallible>(())
    });
    if let Some(mail) = mail {
        let stop = tasks.stopping();
        tasks.spawn("mail", OnFailure::EndProcess, async move {
            Box::pin(run(mail, stop)).await;
            Ok::<(), Infallible>(())
        });
    }
    for hook in hooks {
        let stop = tasks.stopping();
        tasks.spawn("webhook", OnFailure::EndProcess, async move {
            Box::pin(run(hook, stop)).await;
            Ok::<(), Infallible>(())
        });
    }
}

/// Gives up what waits for nobody, and forgets what is old.
async fn keep<S: Store>(desk: Desk<S>, telling: Telling, stop: CancellationToken) {
    if let Err(error) = begin(desk.books(), &telling).await {
        tracing::warn!(%error, "notices to recipients that are not set up any more could not be given up");
    }
    let mut look = interval(FORGET_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        if let Err(error) = forget(desk.books(), desk.now()).await {
            tracing::warn!(%error, "old notices could not be forgotten; tried again within the hour");
        }
    }
}

/// Goes from round to round until told to stop; what has begun is ended first.
async fn run<S: Store, N: Notifier>(courier: Courier<S, N>, stop: CancellationToken) {
    let mut written = courier.desk.written();
    let (mut wait, mut silent) = (LOOK_EVERY, false);
    loop {
        match courier.round().await {
            Ok(round) => {
                if let Some(fault) = round.broken.filter(|_| !silent) {
                    tracing::warn!(recipient = %courier.recipient, fault = fault.name(), "reporters cannot be told; tried again");
                }
                silent = round.broken.is_some() || silent && round.tried == 0;
                // A full round may have left something.
                let more = round.tried >= ROUND_MAX;
                wait = match round.broken {
                    Some(_) => BROKEN_WAIT,
                    None if more => Duration::ZERO,
                    None => LOOK_EVERY,
                };
            }
            Err(error) => {
                tracing::warn!(%error, recipient = %courier.recipient, "notices could not be read; tried again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
            // The first word after the own desk wrote something comes at once.
            changed = written.changed(), if wait == LOOK_EVERY => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lintas::runtime::settings::SettingsError;

    use super::*;

    fn read(text: &str) -> Result<Notify, SettingsError> {
        let mut read = Read::parse(text).unwrap();
        let found = Notify::read(&mut read, Path::new("/data"));
        read.finish(found)
    }

    #[test]
    fn mail_goes_unencrypted_or_nobody_sends_it() {
        assert_eq!(read("").unwrap().telling(), Telling::default());
        let smtp = |more: &str| read(&format!("[notify.smtp]\nhost = \"mail.padang.go.id\"\n{more}\n"));
        let fine = smtp("from = \"lapor@padang.go.id\"").unwrap();
        assert!(fine.telling().mail);
        for (more, said) in [
            ("", "notify.smtp.from"),
            ("from = \"a@b.id\"\ntls = \"none\"", "notify.smtp.tls"),
            ("from = \"a@b.id\"\ntls = \"maybe\"", "notify.smtp.tls"),
            ("from = \"a@b.id\"\nport = 70000", "notify.smtp.port"),
            ("from = \"a@b.id\"\ncolour = 1", "notify.smtp.colour"),
        ] {
            let error = smtp(more).unwrap_err().to_string();
            assert!(error.contains(said), "{more}: {error}");
        }
        let local = "[notify.smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nfrom = \"a@b.id\"\n";
        assert_eq!(read(local).unwrap().smtp.unwrap().security, Security::Plain);
    }

    #[test]
    fn webhook_is_half_set_up_or_in_the_clear() {
        let hook = |name: &str, lines: &str| read(&format!("[notify.webhook.{name}]\n{lines}\n"));
        let https = "url = \"https://sms.padang.go.id/\"";
        let fine = hook("sms", &format!("{https}\nsecret_file = \"keys/sms\"")).unwrap();
        assert_eq!(fine.telling().webhooks.first().unwrap().as_str(), "sms");
        assert_eq!(fine.hooks.values().next().unwrap().secret, Path::new("/data/keys/sms"));
        let plain = "url = \"http://sms.padang.go.id/\"\nsecret_file = \"x\"";
        assert!(hook("sms", &format!("{plain}\nallow_private = true")).is_ok());
        for (name, lines, said) in [
            ("sms", https, "secret_file"),
            ("sms", "secret_file = \"x\"", "notify.webhook.sms.url"),
            ("sms", plain, "https://"),
            ("SMS", &format!("{https}\nsecret_file = \"x\""), "notify.webhook.SMS.url"),
            ("sms", &format!("{https}\nsecret_file = \"x\"\ncolour = 1"), "colour"),
        ] {
            let error = hook(name, lines).unwrap_err().to_string();
            assert!(error.contains(said), "{name} {lines}: {error}");
        }
    }
}
