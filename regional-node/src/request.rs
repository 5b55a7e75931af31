//! From the command line to the desk's messages. Texts and identities come from files where they should not be seen.

use std::fs::File as Opened;
use std::io::{self, Read};
use std::path::Path;

use lintas::desk::Reporter;
use lintas::desk::service::REQUEST_BYTES_MAX;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::words::Language;
use thiserror::Error;

use crate::cli::linking::{Other, Recategorise};
use crate::cli::{ActCommand, Acting, ComplaintCommand, File, Text};

/// Why there is nothing to send.
#[derive(Debug, Error)]
pub(crate) enum RequestError {
    /// A file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Which, or standard input.
        path: String,
        /// Why.
        why: String,
    },
    /// The reporter's file is something else.
    #[error("{0} is no JSON object of name, phone, address and email")]
    Reporter(String),
}

/// What is to be asked of the desk.
#[derive(Debug)]
pub(crate) enum Asked {
    File(wire::FileRequest),
    Act(wire::ActRequest),
}

/// The request of a command.
///
/// # Errors
/// If a file that it names cannot be read.
pub(crate) fn of(command: ComplaintCommand, lang: Language) -> Result<Asked, RequestError> {
    Ok(match said(command)? {
        Asked::Act(request) => Asked::Act(wire::ActRequest { language: lang.code().to_owned(), ..request }),
        filed @ Asked::File(_) => filed,
    })
}

fn said(command: ComplaintCommand) -> Result<Asked, RequestError> {
    let command = match command {
        ComplaintCommand::Verify(acting) => return act(acting, Action::Verify(wire::Verify {})),
        ComplaintCommand::Act(command) => command,
    };
    match command {
        ActCommand::File(new) => file(*new),
        ActCommand::Dispose(to) => act(to.acting, Action::Dispose(wire::Dispose { unit: to.to, reason: to.reason })),
        ActCommand::Accept(acting) => act(acting, Action::Accept(wire::Accept {})),
        ActCommand::Defer(why) => act(why.acting, Action::Defer(wire::Defer { reason: why.reason })),
        ActCommand::Archive(why) => act(why.acting, Action::Archive(wire::Archive { reason: why.reason })),
        ActCommand::FollowUp(acting) => act(acting, Action::FollowUp(wire::FollowUp {})),
        ActCommand::Respond(acting) => act(acting, Action::Respond(wire::Respond {})),
        ActCommand::Close(acting) => act(acting, Action::Close(wire::Close {})),
        ActCommand::Reopen(acting) => act(acting, Action::Reopen(wire::Reopen {})),
        ActCommand::Transfer(to) => act(to.acting, Action::Transfer(wire::Transfer { unit: to.to, reason: to.reason })),
        ActCommand::Return(why) => act(why.acting, Action::Return(wire::Return { reason: why.reason })),
        ActCommand::TakeBack(acting) => act(acting, Action::TakeBack(wire::TakeBack {})),
        ActCommand::Adopt(adopt) => act(adopt.acting, Action::Adopt(wire::Adopt { event: adopt.event })),
        ActCommand::Recategorise(Recategorise { acting, category, class }) => {
            act(acting, Action::Recategorise(wire::Recategorise { category, class: class.unwrap_or_default() }))
        }
        ActCommand::Relate(Other { acting, other: complaint }) => {
            act(acting, Action::Relate(wire::Relate { complaint }))
        }
        ActCommand::Double(double) => act(double.acting, Action::Double(wire::Double { complaint: double.of })),
        ActCommand::Unlink(Other { acting, other: complaint }) => {
            act(acting, Action::Unlink(wire::Unlink { complaint }))
        }
        ActCommand::Reply(acting) => act(acting, Action::Reply(wire::Reply {})),
        ActCommand::Complete(acting) => act(acting, Action::Complete(wire::Complete {})),
        ActCommand::Confirm(acting) => act(acting, Action::Confirm(wire::Confirm {})),
        ActCommand::Rate(rate) => act(rate.acting, Action::Rate(wire::Rate { stars: rate.stars })),
        ActCommand::Appeal(acting) => act(acting, Action::Appeal(wire::Appeal {})),
        ActCommand::Withdraw(acting) => act(acting, Action::Withdraw(wire::Withdraw {})),
        ActCommand::Redact(redact) => act(redact.acting, Action::Redact(wire::Redact { event: redact.event })),
    }
}

fn act(acting: Acting, action: Action) -> Result<Asked, RequestError> {
    let text = text(acting.text)?;
    let Acting { complaint, unit, .. } = acting;
    Ok(Asked::Act(wire::ActRequest { complaint, unit, text, action: Some(action), ..wire::ActRequest::default() }))
}

fn file(new: File) -> Result<Asked, RequestError> {
    let reporter = match &new.reporter_file {
        Some(path) => {
            let shown = path.display().to_string();
            let read = content(path)?;
            serde_json::from_str::<Reporter>(&read).map_err(|_| RequestError::Reporter(shown))?
        }
        None => Reporter {
            name: new.name.unwrap_or_default(),
            phone: new.phone.unwrap_or_default(),
            address: new.address.unwrap_or_default(),
            email: new.email.unwrap_or_default(),
        },
    };
    let known = !reporter.is_empty();
    let Reporter { name, phone, address, email } = reporter;
    Ok(Asked::File(wire::FileRequest {
        unit: new.unit,
        class: new.class.unwrap_or_default(),
        channel: new.channel,
        visibility: new.visibility,
        category: new.category,
        on_behalf: new.on_behalf,
        about: new.about,
        area: new.area,
        narrative: text(new.text)?,
        reporter: known.then_some(wire::Reporter { name, phone, address, email }),
    }))
}

fn text(text: Text) -> Result<String, RequestError> {
    match (text.text, text.file) {
        (Some(text), _) => Ok(text),
        (None, Some(path)) => content(&path),
        (None, None) => Ok(String::new()),
    }
}

/// A file's text; - is standard input. More than the desk would take is not read to its end.
fn content(path: &Path) -> Result<String, RequestError> {
    let name = path.display().to_string();
    let limit = u64::try_from(REQUEST_BYTES_MAX).unwrap_or(u64::MAX);
    let mut text = String::new();
    let read = if name == "-" {
        io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        Opened::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    match read {
        Ok(bytes) if u64::try_from(bytes).unwrap_or(u64::MAX) < limit => Ok(text),
        Ok(_) => Err(RequestError::File { path: name, why: format!("longer than {limit} bytes; nothing was sent") }),
        Err(error) => Err(RequestError::File { path: name, why: error.to_string() }),
    }
}
