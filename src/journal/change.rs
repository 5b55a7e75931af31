//! The body of each change: a CBOR array of its fields, in the order that `kind` lists. Numbers are `kind`'s, the
//! header around it is `header`'s.

use super::cbor::{Reader, Unreadable, Writer};
use super::{kind, listing};
use crate::domain::event::{Category, PublicName};
use crate::domain::{
    Cause, Change, Channel, Class, ComplaintId, Filing, Inadmissibility, Moment, MoveRefusal, Moved, Reason,
    SealingKeyId, SigningKeyId, StatementSignature, Timestamp, TrackingNumber, UnitCode, Visibility, Wrap,
};

/// Stars of a rating, worst and best.
const STARS: std::ops::RangeInclusive<u8> = 1..=5;

/// The body's bytes; those of an unknown change are given back as they came.
pub(super) fn encode(change: &Change) -> Vec<u8> {
    let mut w = Writer::default();
    match change {
        Change::Verified
        | Change::Accepted
        | Change::FollowedUp
        | Change::Responded
        | Change::Closed
        | Change::Reopened
        | Change::Replied
        | Change::Completed
        | Change::Confirmed
        | Change::Appealed
        | Change::Withdrew
        | Change::Imported => w.array(0),
        Change::Disposed { unit, reason } => w.array(2).text(unit.as_str()).uint(reason.code()),
        Change::Transfer { to, reason } => w.array(2).text(to.as_str()).uint(reason.code()),
        Change::Deferred { reason } | Change::Archived { reason } | Change::Return { reason } => {
            w.array(1).uint(reason.code())
        }
        Change::TakeBack { proposal: event }
        | Change::Adopted { event }
        | Change::Redacted { event }
        | Change::Held { event }
        | Change::Released { event } => w.array(1).bytes(&event.0),
        Change::Rated { stars } => w.array(1).uint(*stars),
        Change::Recategorised { category, class } => w.array(2).text(category.as_str()).uint(class.code()),
        Change::Related { to: other } | Change::Doubled { of: other } | Change::Unlinked { from: other } => {
            w.array(1).bytes(&other.0)
        }
        Change::Joined { node, double } => w.array(2).text(node.as_str()).bytes(&double.0),
        Change::Filed(filing) => filed(&mut w, filing),
        Change::Moved(to) => moved(&mut w, to),
        Change::Overdue { opener, moment, due, told } => {
            w.array(4).bytes(&opener.0).uint(moment.code()).int(due.0).array(told.len());
            for node in told {
                w.text(node.as_str());
            }
            &mut w
        }
        Change::MoveRefused { proposal, upto, reason } => {
            w.array(3).bytes(&proposal.0).position(*upto).uint(reason.code())
        }
        Change::Inadmissible { event, prev, reason } => {
            w.array(3).bytes(&event.0).optional_hash(*prev).uint(reason.code())
        }
        Change::Granted { event, wraps } => granted(&mut w, &event.0, wraps),
        Change::NodeEnrolled { node, name, signing_key, tls_key, sealing_key, after } => {
            w.array(6).text(node.as_str()).text(name.as_str()).bytes(&signing_key.0).bytes(tls_key);
            w.bytes(&sealing_key.0).position(*after)
        }
        Change::NodeCertified { node, tls_key } => w.array(2).text(node.as_str()).bytes(tls_key),
        Change::KeysRotated { node, after, signing_key, sealing_key, signature } => {
            w.array(5).text(node.as_str()).position(*after).bytes(&signing_key.0).bytes(&sealing_key.0);
            w.bytes(&signature.0)
        }
        Change::KeysEndorsed { node, signing_key, sealing_key, keyed, by, signature } => {
            w.array(6).text(node.as_str()).bytes(&signing_key.0).bytes(&sealing_key.0).position(*keyed);
            w.text(by.as_str()).bytes(&signature.0)
        }
        Change::NodeRevoked { node, last } => w.array(2).text(node.as_str()).position(*last),
        Change::IncarnationGranted { node, ended, incarnation } => {
            w.array(3).text(node.as_str()).position(*ended).uint(*incarnation)
        }
        Change::UnitDeclared(said) => listing::write(&mut w, said),
        Change::UnitRetired { unit, into } => w.array(2).text(unit.as_str()).optional_unit(into.as_ref()),
        Change::UnitListed { listing: said, declared } => listing::write(w.array(2), said).optional_hash(*declared),
        Change::UnitClosed { unit, into, declared } => {
            w.array(3).text(unit.as_str()).optional_unit(into.as_ref()).optional_hash(*declared)
        }
        Change::NodeSuspended { node } | Change::NodeReinstated { node } => w.array(1).text(node.as_str()),
        Change::Unknown { body, .. } => return body.clone(),
    };
    w.finish()
}

fn filed<'w>(w: &'w mut Writer, filing: &Filing) -> &'w mut Writer {
    w.array(9).bytes(&filing.nonce).uint(filing.tracking.bits()).uint(filing.class.code()).uint(filing.channel.code());
    w.bool(filing.on_behalf).uint(filing.visibility.code()).text(filing.category.as_str());
    w.optional_unit(filing.about.as_ref()).optional_unit(filing.area.as_ref())
}

fn moved<'w>(w: &'w mut Writer, moved: &Moved) -> &'w mut Writer {
    w.array(8).bytes(&moved.ends.0).text(moved.unit.as_str()).text(moved.node.as_str()).uint(moved.cause.code());
    w.bool(moved.assigned).optional_hash(moved.proposal);
    w.optional(moved.cutoff, |w, cutoff| {
        w.position(cutoff);
    });
    w.array(moved.admitted.len());
    for (node, event) in &moved.admitted {
        w.array(2).text(node.as_str()).bytes(&event.0);
    }
    w
}

fn granted<'w>(w: &'w mut Writer, event: &[u8; 32], wraps: &[Wrap]) -> &'w mut Writer {
    w.array(2).bytes(event).array(wraps.len());
    for Wrap { part, to, key, encapped, wrapped } in wraps {
        w.array(5).uint(*part).text(to.as_str()).bytes(&key.0).bytes(encapped).bytes(wrapped);
    }
    w
}

/// Reads the body of a change; an unknown number's is carried whole and not looked into.
pub(super) fn decode(number: u16, body: &[u8]) -> Result<Change, Unreadable> {
    let mut reader = Reader::new(body);
    let Some(change) = read(number, &mut reader)? else {
        return Ok(Change::Unknown { kind: number, body: body.to_vec() });
    };
    reader.end().map(|()| change)
}

fn read(number: u16, r: &mut Reader<'_>) -> Result<Option<Change>, Unreadable> {
    Ok(Some(match number {
        kind::VERIFIED => none(r, Change::Verified)?,
        kind::DISPOSED => {
            r.array(2, "fields")?;
            Change::Disposed { unit: r.unit("unit")?, reason: reason(r)? }
        }
        kind::ACCEPTED => none(r, Change::Accepted)?,
        kind::DEFERRED => one(r, reason).map(|reason| Change::Deferred { reason })?,
        kind::ARCHIVED => one(r, reason).map(|reason| Change::Archived { reason })?,
        kind::FOLLOWED_UP => none(r, Change::FollowedUp)?,
        kind::RESPONDED => none(r, Change::Responded)?,
        kind::CLOSED => none(r, Change::Closed)?,
        kind::REOPENED => none(r, Change::Reopened)?,
        kind::TRANSFER => {
            r.array(2, "fields")?;
            Change::Transfer { to: r.unit("to")?, reason: reason(r)? }
        }
        kind::RETURN => one(r, reason).map(|reason| Change::Return { reason })?,
        kind::TAKE_BACK => one(r, |r| r.hash("proposal")).map(|proposal| Change::TakeBack { proposal })?,
        kind::ADOPTED => one(r, |r| r.hash("event")).map(|event| Change::Adopted { event })?,
        kind::RECATEGORISED => {
            r.array(2, "fields")?;
            let category = r.text("category", Category::parse)?;
            Change::Recategorised { category, class: r.word("class", Class::from_code)? }
        }
        kind::RELATED => one(r, complaint).map(|to| Change::Related { to })?,
        kind::DOUBLED => one(r, complaint).map(|of| Change::Doubled { of })?,
        kind::UNLINKED => one(r, complaint).map(|from| Change::Unlinked { from })?,
        kind::FILED => Change::Filed(Box::new(filing(r)?)),
        kind::REPLIED => none(r, Change::Replied)?,
        kind::COMPLETED => none(r, Change::Completed)?,
        kind::CONFIRMED => none(r, Change::Confirmed)?,
        kind::RATED => one(r, stars).map(|stars| Change::Rated { stars })?,
        kind::APPEALED => none(r, Change::Appealed)?,
        kind::WITHDREW => none(r, Change::Withdrew)?,
        kind::IMPORTED => none(r, Change::Imported)?,
        kind::REDACTED => one(r, |r| r.hash("event")).map(|event| Change::Redacted { event })?,
        kind::GRANTED => {
            r.array(2, "fields")?;
            Change::Granted { event: r.hash("event")?, wraps: wraps(r)? }
        }
        kind::UNIT_DECLARED => Change::UnitDeclared(Box::new(listing::read(r)?)),
        kind::UNIT_RETIRED => {
            r.array(2, "fields")?;
            Change::UnitRetired { unit: r.unit("unit")?, into: r.optional("into", Reader::unit)? }
        }
        kind::MOVED => Change::Moved(Box::new(move_(r)?)),
        kind::MOVE_REFUSED => {
            r.array(3, "fields")?;
            let (proposal, upto) = (r.hash("proposal")?, r.position("upto")?);
            Change::MoveRefused { proposal, upto, reason: r.word("reason", MoveRefusal::from_code)? }
        }
        kind::INADMISSIBLE => {
            r.array(3, "fields")?;
            let (event, prev) = (r.hash("event")?, r.optional("prev", Reader::hash)?);
            Change::Inadmissible { event, prev, reason: r.word("reason", Inadmissibility::from_code)? }
        }
        kind::HELD => one(r, |r| r.hash("event")).map(|event| Change::Held { event })?,
        kind::RELEASED => one(r, |r| r.hash("event")).map(|event| Change::Released { event })?,
        kind::OVERDUE => overdue(r)?,
        kind::JOINED => {
            r.array(2, "fields")?;
            Change::Joined { node: r.node("node")?, double: complaint(r)? }
        }
        _ => return registry(number, r),
    }))
}

fn registry(number: u16, r: &mut Reader<'_>) -> Result<Option<Change>, Unreadable> {
    Ok(Some(match number {
        kind::NODE_ENROLLED => {
            r.array(6, "fields")?;
            let (node, name) = (r.unit("node")?, name(r)?);
            let (signing_key, tls_key) = (signing_key(r)?, r.fixed("tls key")?);
            let (sealing_key, after) = (sealing_key(r)?, r.position("after")?);
            Change::NodeEnrolled { node, name, signing_key, tls_key, sealing_key, after }
        }
        kind::NODE_REVOKED => {
            r.array(2, "fields")?;
            Change::NodeRevoked { node: r.unit("node")?, last: r.position("last")? }
        }
        kind::INCARNATION_GRANTED => {
            r.array(3, "fields")?;
            let (node, ended) = (r.unit("node")?, r.position("ended")?);
            Change::IncarnationGranted { node, ended, incarnation: r.uint("incarnation")? }
        }
        kind::UNIT_LISTED => {
            r.array(2, "fields")?;
            let listing = Box::new(listing::read(r)?);
            Change::UnitListed { listing, declared: r.optional("declared", Reader::hash)? }
        }
        kind::UNIT_CLOSED => {
            r.array(3, "fields")?;
            let (unit, into) = (r.unit("unit")?, r.optional("into", Reader::unit)?);
            Change::UnitClosed { unit, into, declared: r.optional("declared", Reader::hash)? }
        }
        kind::NODE_SUSPENDED => one(r, |r| r.unit("node")).map(|node| Change::NodeSuspended { node })?,
        kind::NODE_REINSTATED => one(r, |r| r.unit("node")).map(|node| Change::NodeReinstated { node })?,
        kind::NODE_CERTIFIED => {
            r.array(2, "fields")?;
            Change::NodeCertified { node: r.unit("node")?, tls_key: r.fixed("tls key")? }
        }
        kind::KEYS_ROTATED => {
            r.array(5, "fields")?;
            let (node, after) = (r.unit("node")?, r.position("after")?);
            let (signing_key, sealing_key) = (signing_key(r)?, sealing_key(r)?);
            Change::KeysRotated { node, after, signing_key, sealing_key, signature: statement_signature(r)? }
        }
        kind::KEYS_ENDORSED => {
            r.array(6, "fields")?;
            let (node, signing_key, sealing_key) = (r.unit("node")?, signing_key(r)?, sealing_key(r)?);
            let keyed = r.position("keyed")?;
            let by = r.unit("by")?;
            Change::KeysEndorsed { node, signing_key, sealing_key, keyed, by, signature: statement_signature(r)? }
        }
        _ => return Ok(None),
    }))
}

fn signing_key(r: &mut Reader<'_>) -> Result<SigningKeyId, Unreadable> {
    r.fixed("signing key").map(SigningKeyId)
}

fn sealing_key(r: &mut Reader<'_>) -> Result<SealingKeyId, Unreadable> {
    r.fixed("sealing key").map(SealingKeyId)
}

fn statement_signature(r: &mut Reader<'_>) -> Result<StatementSignature, Unreadable> {
    r.fixed("signature").map(StatementSignature)
}

fn wraps(r: &mut Reader<'_>) -> Result<Vec<Wrap>, Unreadable> {
    let mut wraps = Vec::new();
    // The count is only believed as far as the bytes go: the header's length bounds them.
    for _ in 0..r.items("wraps")? {
        r.array(5, "wrap")?;
        wraps.push(Wrap {
            part: r.uint("part")?,
            to: r.node("to")?,
            key: r.fixed("key").map(SealingKeyId)?,
            encapped: r.fixed("encapped")?,
            wrapped: r.fixed("wrapped")?,
        });
    }
    Ok(wraps)
}

fn none(r: &mut Reader<'_>, change: Change) -> Result<Change, Unreadable> {
    r.array(0, "fields").map(|()| change)
}

fn one<'b, T>(
    r: &mut Reader<'b>,
    read: impl FnOnce(&mut Reader<'b>) -> Result<T, Unreadable>,
) -> Result<T, Unreadable> {
    r.array(1, "fields")?;
    read(r)
}

fn reason(r: &mut Reader<'_>) -> Result<Reason, Unreadable> {
    r.word("reason", Reason::from_code)
}

fn complaint(r: &mut Reader<'_>) -> Result<ComplaintId, Unreadable> {
    r.fixed("complaint").map(ComplaintId)
}

fn stars(r: &mut Reader<'_>) -> Result<u8, Unreadable> {
    r.word("stars", |stars| STARS.contains(&stars).then_some(stars))
}

fn name(r: &mut Reader<'_>) -> Result<PublicName, Unreadable> {
    r.text("name", PublicName::parse)
}

/// An area is a territory, not an agency, and not the whole country.
fn area(found: Option<UnitCode>) -> Result<Option<UnitCode>, Unreadable> {
    match found {
        Some(unit) if unit.is_root() || unit.territory() != unit => Err(Unreadable("area")),
        found => Ok(found),
    }
}

fn filing(r: &mut Reader<'_>) -> Result<Filing, Unreadable> {
    r.array(9, "fields")?;
    Ok(Filing {
        nonce: r.fixed("nonce")?,
        tracking: TrackingNumber::from_bits(r.uint("tracking")?).ok_or(Unreadable("tracking"))?,
        class: r.word("class", Class::from_code)?,
        channel: r.word("channel", Channel::from_code)?,
        on_behalf: r.bool("on behalf")?,
        visibility: r.word("visibility", Visibility::from_code)?,
        category: r.text("category", Category::parse)?,
        about: r.optional("about", Reader::unit)?,
        area: area(r.optional("area", Reader::unit)?)?,
    })
}

fn overdue(r: &mut Reader<'_>) -> Result<Change, Unreadable> {
    r.array(4, "fields")?;
    let (opener, moment) = (r.hash("opener")?, r.word("moment", Moment::from_code)?);
    let due = r.int("due").map(Timestamp)?;
    let mut told = Vec::new();
    // The count is only believed as far as the bytes go: the header's length bounds them.
    for _ in 0..r.items("told")? {
        told.push(r.node("told")?);
    }
    Ok(Change::Overdue { opener, moment, due, told })
}

fn move_(r: &mut Reader<'_>) -> Result<Moved, Unreadable> {
    r.array(8, "fields")?;
    let mut moved = Moved {
        ends: r.hash("ends")?,
        unit: r.unit("unit")?,
        node: r.node("node")?,
        cause: r.word("cause", Cause::from_code)?,
        assigned: r.bool("assigned")?,
        proposal: r.optional("proposal", Reader::hash)?,
        cutoff: r.optional("cutoff", Reader::position)?,
        admitted: Vec::new(),
    };
    // The count is only believed as far as the bytes go: the header's length bounds them.
    for _ in 0..r.items("admitted")? {
        r.array(2, "admitted")?;
        moved.admitted.push((r.node("admitted")?, r.hash("admitted")?));
    }
    Ok(moved)
}
