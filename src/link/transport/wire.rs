//! Wire messages and what they mean, both ways, in one place. What cannot be read is refused with the name of what is wrong.

use thiserror::Error;

use crate::domain::{ComplaintId, EventHash, FederationId, PartKind, Position, SealHash, Timestamp, Verdict};
use crate::journal::{BATCH_EVENTS_MAX, Body, Head, Part, SEQ_MAX, Seal, SignedHead, SignedReceipt, SignedStatement};
use crate::link::message::{Ack, Deliver, Down, Fault, Hello, Progress, Up, UpBatch, VERDICTS_MAX, Welcome};
use crate::protocol::federation::v1 as pb;
use crate::runtime::TraceContext;
use crate::store::{Batch, Delivery, SealedEntry};

/// A message that cannot be read; says which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the other side sent a message that cannot be read: {0}")]
pub struct WireError(pub &'static str);

type Wire<T> = Result<T, WireError>;

fn limited<T>(items: &[T], most: usize, what: &'static str) -> Wire<()> {
    if items.len() <= most { Ok(()) } else { Err(WireError(what)) }
}

const fn position(position: Position) -> pb::Position {
    pb::Position { incarnation: position.incarnation, seq: position.seq }
}

fn read_position(position: Option<pb::Position>, what: &'static str) -> Wire<Position> {
    let position = position.map_or(Position::ZERO, |position| Position::new(position.incarnation, position.seq));
    if position.seq <= SEQ_MAX { Ok(position) } else { Err(WireError(what)) }
}

fn head(head: Head) -> pb::Head {
    pb::Head { position: Some(position(head.position)), hash: head.hash.0.to_vec() }
}

fn read_head(head: Option<pb::Head>, what: &'static str) -> Wire<Head> {
    let head = head.ok_or(WireError(what))?;
    let hash = SealHash::from_slice(&head.hash).ok_or(WireError(what))?;
    Ok(Head { position: read_position(head.position, what)?, hash })
}

fn seal(seal: &Seal) -> pb::Signed {
    pb::Signed { body: seal.bytes().to_vec(), signature: seal.signature().to_vec() }
}

fn read_seal(signed: Option<pb::Signed>) -> Wire<Seal> {
    let signed = signed.ok_or(WireError("seal"))?;
    let signature = signed.signature.try_into().map_err(|_| WireError("seal.signature"))?;
    Seal::read(signed.body, signature).map_err(|_| WireError("seal.body"))
}

fn entry(sealed: SealedEntry) -> pb::Entry {
    pb::Entry {
        header: sealed.bytes,
        parts: sealed.parts.into_iter().filter_map(part).collect(),
        trace: sealed.trace.map(|trace| trace.to_bytes().to_vec()).unwrap_or_default(),
    }
}

/// A part as it travels; none of what never leaves a store.
fn part(part: Part) -> Option<pb::Part> {
    let (salt, content, sealed) = match part.body {
        Body::Plain { salt, content } => (salt.to_vec(), content, Vec::new()),
        Body::Sealed(sealed) => (Vec::new(), Vec::new(), sealed),
        Body::Locked(_) | Body::Faulty(_) => return None,
    };
    Some(pb::Part { index: u32::from(part.index), kind: u32::from(part.kind.code()), salt, content, sealed })
}

fn read_part(part: pb::Part) -> Wire<Part> {
    let kind = u8::try_from(part.kind).ok().and_then(PartKind::from_code);
    let body = if part.sealed.is_empty() {
        Body::Plain { salt: part.salt.try_into().map_err(|_| WireError("part.salt"))?, content: part.content }
    } else if part.salt.is_empty() && part.content.is_empty() {
        Body::Sealed(part.sealed)
    } else {
        return Err(WireError("part.sealed"));
    };
    let index = u8::try_from(part.index).map_err(|_| WireError("part.index"))?;
    Ok(Part { index, kind: kind.ok_or(WireError("part.kind"))?, body })
}

fn read_entry(entry: Option<pb::Entry>) -> Wire<SealedEntry> {
    let entry = entry.ok_or(WireError("entry"))?;
    limited(&entry.parts, usize::from(u8::MAX), "entry.parts")?;
    let parts = entry.parts.into_iter().map(read_part).collect::<Wire<_>>()?;
    // A context that is none is no fault of the event's: the event goes on without.
    Ok(SealedEntry { bytes: entry.header, parts, trace: TraceContext::from_bytes(&entry.trace) })
}

fn batch(batch: Batch) -> pb::Batch {
    let entries = batch.entries.into_iter().map(entry).collect();
    pb::Batch { seal: Some(seal(&batch.seal)), entries }
}

fn read_batch(batch: Option<pb::Batch>) -> Wire<Batch> {
    let batch = batch.ok_or(WireError("batch"))?;
    limited(&batch.entries, BATCH_EVENTS_MAX, "batch.entries")?;
    let entries = batch.entries.into_iter().map(|entry| read_entry(Some(entry))).collect::<Wire<_>>()?;
    Ok(Batch { seal: read_seal(batch.seal)?, entries })
}

fn verdict(verdict: Verdict) -> pb::Verdict {
    let (verdict, reason) = verdict.codes();
    pb::Verdict { verdict: u32::from(verdict), reason: u32::from(reason) }
}

fn read_verdict(verdict: Option<pb::Verdict>) -> Wire<Verdict> {
    let verdict = verdict.ok_or(WireError("verdict"))?;
    let codes = u8::try_from(verdict.verdict).ok().zip(u8::try_from(verdict.reason).ok());
    codes.and_then(|(verdict, reason)| Verdict::from_codes(verdict, reason)).ok_or(WireError("verdict"))
}

/// What a node says, as it goes over the wire.
#[must_use]
pub fn up(up: Up) -> pb::UpFrame {
    use pb::up_frame::Kind;
    let kind = match up {
        Up::Hello(hello) => Kind::Hello(pb::Hello {
            version_min: hello.versions.0,
            version_max: hello.versions.1,
            federation: hello.federation.as_str().to_owned(),
            head: Some(head(hello.head)),
            inbound_generation: hello.inbound.0,
            inbound_number: hello.inbound.1,
            hub: Some(head(hello.hub)),
            judged: Some(position(hello.judged)),
            recover: hello.recover,
            clock_micros: hello.clock.0,
            program: hello.program,
        }),
        Up::Batch(message) => Kind::Batch(pb::UpBatch {
            batch: Some(batch(message.batch)),
            announced: message.announced.into_iter().map(announcement).collect(),
        }),
        Up::Delivered { generation, number } => Kind::Delivered(pb::Delivered { generation, number }),
        Up::Statement(signed) => {
            Kind::Statement(pb::Signed { body: signed.bytes(), signature: signed.signature.0.to_vec() })
        }
        Up::Fault(fault) => Kind::Fault(pb::Fault { name: fault.name().to_owned() }),
    };
    pb::UpFrame { kind: Some(kind) }
}

fn announcement((complaint, upto): (ComplaintId, Position)) -> pb::Announcement {
    pb::Announcement { complaint: complaint.0.to_vec(), position: Some(position(upto)) }
}

/// What a node said.
///
/// # Errors
/// Names the field that cannot be read.
pub fn read_up(frame: pb::UpFrame) -> Wire<Up> {
    use pb::up_frame::Kind;
    Ok(match frame.kind.ok_or(WireError("a kind of message that this version does not know"))? {
        Kind::Hello(hello) => Up::Hello(Hello {
            versions: (hello.version_min, hello.version_max),
            federation: FederationId::parse(&hello.federation).map_err(|_| WireError("hello.federation"))?,
            head: read_head(hello.head, "hello.head")?,
            inbound: (hello.inbound_generation, hello.inbound_number),
            hub: read_head(hello.hub, "hello.hub")?,
            judged: read_position(hello.judged, "hello.judged")?,
            recover: hello.recover,
            clock: Timestamp(hello.clock_micros),
            program: hello.program.chars().filter(|c| !c.is_control()).take(40).collect(),
        }),
        Kind::Batch(message) => {
            limited(&message.announced, BATCH_EVENTS_MAX, "batch.announced")?;
            let announced = message.announced.into_iter().map(|announced| {
                let complaint =
                    ComplaintId::from_slice(&announced.complaint).ok_or(WireError("announced.complaint"))?;
                Ok((complaint, read_position(announced.position, "announced.position")?))
            });
            let announced = announced.collect::<Wire<_>>()?;
            Up::Batch(UpBatch { batch: read_batch(message.batch)?, announced })
        }
        Kind::Delivered(delivered) => Up::Delivered { generation: delivered.generation, number: delivered.number },
        Kind::Fault(fault) => Up::Fault(read_fault(&fault)),
        Kind::Statement(signed) => {
            let signature = signed.signature.try_into().map_err(|_| WireError("statement.signature"))?;
            Up::Statement(SignedStatement::read(&signed.body, signature).map_err(|_| WireError("statement.body"))?)
        }
    })
}

/// A fault by its name; one that this version does not know is a fault of the protocol.
fn read_fault(fault: &pb::Fault) -> Fault {
    Fault::from_name(&fault.name).unwrap_or(Fault::Protocol)
}

/// What the hub says, as it goes over the wire.
#[must_use]
pub fn down(down: Down) -> pb::DownFrame {
    use pb::down_frame::Kind;
    let kind = match down {
        Down::Welcome(welcome) => Kind::Welcome(pb::Welcome {
            version: welcome.version,
            session: welcome.session,
            stored: Some(head(welcome.stored)),
            credit_bytes: u64::try_from(welcome.credit).unwrap_or(u64::MAX),
            outbox_generation: welcome.outbox.0,
            outbox_number: welcome.outbox.1,
            clock_micros: welcome.clock.0,
            recovering: welcome.recovering,
        }),
        Down::Ack(ack) => Kind::Ack(pb::Ack {
            receipt: Some(pb::Signed {
                body: ack.receipt.bytes().to_vec(),
                signature: ack.receipt.signature().to_vec(),
            }),
            verdicts: ack.verdicts.into_iter().map(judged).collect(),
        }),
        Down::Deliver(message) => Kind::Deliver(deliver(message)),
        Down::Restored { batch: restored, verdicts } => Kind::Restored(pb::Restored {
            batch: Some(batch(restored)),
            verdicts: verdicts.into_iter().map(verdict).collect(),
        }),
        Down::Recovered { incarnation, previous } => {
            Kind::Recovered(pb::Recovered { incarnation, previous: Some(head(previous)) })
        }
        Down::Progress(progress) => {
            Kind::Progress(pb::Progress { clock_micros: progress.clock.0, waiting: progress.waiting })
        }
        Down::Head(head) => {
            Kind::Head(pb::Signed { body: head.bytes().to_vec(), signature: head.signature().to_vec() })
        }
        Down::Drain { after_seconds } => Kind::Drain(pb::Drain { after_seconds }),
        Down::Fault(fault) => Kind::Fault(pb::Fault { name: fault.name().to_owned() }),
    };
    pb::DownFrame { kind: Some(kind) }
}

fn judged((at, hash, said): (Position, EventHash, Verdict)) -> pb::Judged {
    pb::Judged { position: Some(position(at)), hash: hash.0.to_vec(), verdict: Some(verdict(said)) }
}

/// Each seal travels once a message, however many of its events do.
fn deliver(message: Deliver) -> pb::Deliver {
    let mut seals: Vec<pb::Signed> = Vec::new();
    let mut events = Vec::new();
    for delivery in message.events {
        let signed = seal(&delivery.seal);
        let at = seals.iter().rposition(|known| *known == signed).unwrap_or_else(|| {
            seals.push(signed);
            seals.len().saturating_sub(1)
        });
        events.push(pb::Delivery {
            number: delivery.number,
            entry: Some(entry(SealedEntry { bytes: delivery.bytes, parts: delivery.parts, trace: delivery.trace })),
            seal: u32::try_from(at).unwrap_or(u32::MAX),
            index: delivery.index,
            path: delivery.path.into_iter().map(Vec::from).collect(),
            verdict: Some(verdict(delivery.verdict)),
        });
    }
    pb::Deliver { generation: message.generation, seals, events }
}

fn read_deliver(message: pb::Deliver) -> Wire<Deliver> {
    let seals = message.seals.into_iter().map(|signed| read_seal(Some(signed))).collect::<Wire<Vec<_>>>()?;
    let event = |delivery: pb::Delivery| {
        let entry = read_entry(delivery.entry)?;
        let seal =
            usize::try_from(delivery.seal).ok().and_then(|at| seals.get(at)).ok_or(WireError("delivery.seal"))?;
        let path = delivery.path.into_iter().map(|hash| hash.try_into().map_err(|_| WireError("delivery.path")));
        Ok(Delivery {
            number: delivery.number,
            bytes: entry.bytes,
            parts: entry.parts,
            seal: seal.clone(),
            index: delivery.index,
            path: path.collect::<Wire<_>>()?,
            verdict: read_verdict(delivery.verdict)?,
            trace: entry.trace,
        })
    };
    let events = message.events.into_iter().map(event).collect::<Wire<_>>()?;
    Ok(Deliver { generation: message.generation, events })
}

/// What the hub said.
///
/// # Errors
/// Names the field that cannot be read.
pub fn read_down(frame: pb::DownFrame) -> Wire<Down> {
    use pb::down_frame::Kind;
    Ok(match frame.kind.ok_or(WireError("a kind of message that this version does not know"))? {
        Kind::Welcome(welcome) => Down::Welcome(Welcome {
            version: welcome.version,
            session: welcome.session,
            stored: read_head(welcome.stored, "welcome.stored")?,
            credit: usize::try_from(welcome.credit_bytes).map_err(|_| WireError("welcome.credit"))?,
            outbox: (welcome.outbox_generation, welcome.outbox_number),
            clock: Timestamp(welcome.clock_micros),
            recovering: welcome.recovering,
        }),
        Kind::Ack(ack) => Down::Ack(read_ack(ack)?),
        Kind::Deliver(message) => Down::Deliver(read_deliver(message)?),
        Kind::Restored(restored) => {
            let verdicts = restored.verdicts.into_iter().map(|said| read_verdict(Some(said)));
            let verdicts = verdicts.collect::<Wire<_>>()?;
            Down::Restored { batch: read_batch(restored.batch)?, verdicts }
        }
        Kind::Recovered(recovered) => Down::Recovered {
            incarnation: recovered.incarnation,
            previous: read_head(recovered.previous, "recovered.previous")?,
        },
        Kind::Progress(progress) => {
            Down::Progress(Progress { clock: Timestamp(progress.clock_micros), waiting: progress.waiting })
        }
        Kind::Head(signed) => {
            let signature = signed.signature.try_into().map_err(|_| WireError("head.signature"))?;
            Down::Head(SignedHead::read(signed.body, signature).map_err(|_| WireError("head.body"))?)
        }
        Kind::Drain(drain) => Down::Drain { after_seconds: drain.after_seconds },
        Kind::Fault(fault) => Down::Fault(read_fault(&fault)),
    })
}

fn read_ack(ack: pb::Ack) -> Wire<Ack> {
    limited(&ack.verdicts, VERDICTS_MAX, "ack.verdicts")?;
    let signed = ack.receipt.ok_or(WireError("ack.receipt"))?;
    let signature = signed.signature.try_into().map_err(|_| WireError("receipt.signature"))?;
    let receipt = SignedReceipt::read(signed.body, signature).map_err(|_| WireError("receipt.body"))?;
    let judged = |judged: pb::Judged| {
        let hash = EventHash::from_slice(&judged.hash).ok_or(WireError("judged.hash"))?;
        Ok((read_position(judged.position, "judged.position")?, hash, read_verdict(judged.verdict)?))
    };
    Ok(Ack { receipt, verdicts: ack.verdicts.into_iter().map(judged).collect::<Wire<_>>()? })
}

#[cfg(test)]
mod tests;
