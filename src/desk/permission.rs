//! Who may do what with a complaint: the one place. A pure function of an account's role and unit, of what is to be done, and of the
//! complaint's units and the body that it is about. It knows no operator: nothing is closed to whoever runs the node.

use super::action::{Action, ActionName};
use crate::domain::{AccountRole, Complaint, Event, UnitCode};

/// An account, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant<'a> {
    /// Its role.
    pub role: AccountRole,
    /// Its unit.
    pub unit: &'a UnitCode,
    /// The unit of the node.
    pub own: &'a UnitCode,
}

/// A complaint, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matter {
    /// Who answers now.
    pub holder: UnitCode,
    /// Who took it in.
    pub filed_by: UnitCode,
    /// Whoever answered once, or answers now.
    pub holders: Vec<UnitCode>,
    /// The body complained of.
    pub about: Option<UnitCode>,
}

/// Why something is not permitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denial {
    /// The complaint is about the account's own government.
    Accused,
    /// Not with this role.
    Role,
    /// Not for that unit, or with what that unit holds.
    Unit,
}

impl Matter {
    /// What matters of a complaint with these events.
    #[must_use]
    pub fn of(complaint: &Complaint, events: &[Event]) -> Self {
        let filed = events.iter().find(|event| event.hash == complaint.filed);
        let first = complaint.epochs.first().and_then(|epoch| epoch.holders.first());
        let filed_by = filed.and_then(|event| event.header.unit.as_ref()).or(first).unwrap_or_else(|| complaint.unit());
        Self {
            holder: complaint.unit().clone(),
            filed_by: filed_by.clone(),
            holders: complaint.epochs.iter().flat_map(|epoch| epoch.holders.clone()).collect(),
            about: complaint.filing.about.clone(),
        }
    }
}

impl Grant<'_> {
    /// Whether a complaint may be filed for a unit. About whom it is does not matter: there is no wrong door.
    ///
    /// # Errors
    /// Why not.
    pub fn files(&self, unit: &UnitCode) -> Result<(), Denial> {
        self.role(ActionName::File)?;
        self.acts_for(unit)
    }

    /// Whether complaints may be taken over from another system: whole offices' files, so by whoever answers for the whole node.
    ///
    /// # Errors
    /// Why not.
    pub fn imports(&self) -> Result<(), Denial> {
        match self.role {
            AccountRole::UnitAdmin => self.acts_for(self.own),
            AccountRole::Admin | AccountRole::Liaison | AccountRole::Auditor => Err(Denial::Role),
        }
    }

    /// Whether a unit may be declared, renamed, merged or closed: by whoever looks after the node, and by a unit's admin what lies
    /// below it.
    ///
    /// # Errors
    /// Why not.
    pub fn declares(&self, unit: &UnitCode) -> Result<(), Denial> {
        match self.role {
            AccountRole::Admin => Ok(()),
            AccountRole::UnitAdmin if self.unit != unit => self.acts_for(unit),
            AccountRole::UnitAdmin => Err(Denial::Unit),
            AccountRole::Liaison | AccountRole::Auditor => Err(Denial::Role),
        }
    }

    /// Whether it may be seen what reporters are told; of which complaints, is asked of each.
    ///
    /// # Errors
    /// Why not.
    pub fn lists_notices(&self) -> Result<(), Denial> {
        match self.role {
            AccountRole::UnitAdmin | AccountRole::Auditor => Ok(()),
            AccountRole::Admin | AccountRole::Liaison => Err(Denial::Role),
        }
    }

    /// Whether what reporters were not told may be tried again.
    ///
    /// # Errors
    /// Why not.
    pub fn retries_notices(&self) -> Result<(), Denial> {
        match self.role {
            AccountRole::UnitAdmin | AccountRole::Admin => Ok(()),
            AccountRole::Auditor | AccountRole::Liaison => Err(Denial::Role),
        }
    }

    /// Whether a complaint may be read.
    ///
    /// # Errors
    /// Why not.
    pub fn reads(&self, matter: &Matter) -> Result<(), Denial> {
        self.is_not_accused(matter)?;
        match self.role {
            AccountRole::Admin => Err(Denial::Role),
            AccountRole::Auditor => Ok(()),
            AccountRole::UnitAdmin | AccountRole::Liaison => {
                let whole = self.unit == self.own;
                let mut involved = matter.holders.iter().chain([&matter.holder, &matter.filed_by]);
                if whole || involved.any(|unit| self.unit.contains(unit)) { Ok(()) } else { Err(Denial::Unit) }
            }
        }
    }

    /// Whether something may be done with a complaint, in the name of `acting`; none is the unit that the desk takes by itself.
    ///
    /// # Errors
    /// Why not.
    pub fn acts(&self, matter: &Matter, action: &Action, acting: Option<&UnitCode>) -> Result<(), Denial> {
        self.acts_by_name(matter, action.name(), acting)?;
        if let Action::Dispose { unit, .. } = action { self.disposes(unit) } else { Ok(()) }
    }

    /// The same before it is known to whom: what may be offered.
    ///
    /// # Errors
    /// Why not.
    pub fn acts_by_name(&self, matter: &Matter, action: ActionName, acting: Option<&UnitCode>) -> Result<(), Denial> {
        self.reads(matter)?;
        self.role(action)?;
        let holds = match action {
            // What a reporter says is taken in where it was filed; content is destroyed by whoever may read it.
            ActionName::Reply
            | ActionName::Complete
            | ActionName::Confirm
            | ActionName::Rate
            | ActionName::Appeal
            | ActionName::Withdraw => &matter.filed_by,
            ActionName::Redact => self.unit,
            ActionName::File
            | ActionName::Verify
            | ActionName::Dispose
            | ActionName::Accept
            | ActionName::Defer
            | ActionName::Archive
            | ActionName::FollowUp
            | ActionName::Respond
            | ActionName::Close
            | ActionName::Reopen
            | ActionName::Transfer
            | ActionName::Return
            | ActionName::TakeBack
            | ActionName::Adopt
            | ActionName::Recategorise
            | ActionName::Relate
            | ActionName::Double
            | ActionName::Unlink => &matter.holder,
        };
        self.acts_for(holds)?;
        acting.map_or(Ok(()), |unit| self.acts_for(unit))
    }

    fn role(&self, action: ActionName) -> Result<(), Denial> {
        let may = match self.role {
            AccountRole::Admin | AccountRole::Auditor => false,
            AccountRole::UnitAdmin => true,
            AccountRole::Liaison => match action {
                ActionName::Verify
                | ActionName::Transfer
                | ActionName::TakeBack
                | ActionName::Archive
                | ActionName::Double
                | ActionName::Redact => false,
                ActionName::File
                | ActionName::Dispose
                | ActionName::Accept
                | ActionName::Defer
                | ActionName::FollowUp
                | ActionName::Respond
                | ActionName::Close
                | ActionName::Reopen
                | ActionName::Return
                | ActionName::Adopt
                | ActionName::Recategorise
                | ActionName::Relate
                | ActionName::Unlink
                | ActionName::Reply
                | ActionName::Complete
                | ActionName::Confirm
                | ActionName::Rate
                | ActionName::Appeal
                | ActionName::Withdraw => true,
            },
        };
        if may { Ok(()) } else { Err(Denial::Role) }
    }

    /// A unit admin passes down what is below, and hands back to who is above; a liaison officer only hands back.
    fn disposes(&self, to: &UnitCode) -> Result<(), Denial> {
        let (down, up) = (self.unit.contains(to), to.contains(self.unit));
        match self.role {
            AccountRole::UnitAdmin if down || up => Ok(()),
            AccountRole::Liaison if up => Ok(()),
            AccountRole::Liaison if down => Err(Denial::Role),
            AccountRole::UnitAdmin | AccountRole::Liaison => Err(Denial::Unit),
            AccountRole::Admin | AccountRole::Auditor => Err(Denial::Role),
        }
    }

    fn acts_for(&self, unit: &UnitCode) -> Result<(), Denial> {
        if self.unit.contains(unit) { Ok(()) } else { Err(Denial::Unit) }
    }

    fn is_not_accused(&self, matter: &Matter) -> Result<(), Denial> {
        match &matter.about {
            Some(about) if about.accuses(self.unit) => Err(Denial::Accused),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reason;
    use AccountRole::{Admin, Auditor, Liaison, UnitAdmin};

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    /// A complaint taken in by Padang and held by an agency, about somebody or nobody.
    fn matter(holder: &str, about: &str) -> Matter {
        let about = (!about.is_empty()).then(|| unit(about));
        Matter { holder: unit(holder), filed_by: unit("13.71"), holders: vec![unit("13.71"), unit(holder)], about }
    }

    fn dispose(to: &str) -> Action {
        Action::Dispose { unit: unit(to), reason: Reason::Competent }
    }

    fn transfer() -> Action {
        Action::Transfer { to: unit("kl.pu"), reason: Reason::Competent }
    }

    /// What an account of a node in Padang is told.
    fn told(role: AccountRole, of: &str, matter: &Matter, action: &Action, acting: Option<&str>) -> Result<(), Denial> {
        let (of, own) = (unit(of), unit("13.71"));
        Grant { role, unit: &of, own: &own }.acts(matter, action, acting.map(unit).as_ref())
    }

    fn read(role: AccountRole, of: &str, own: &str, matter: &Matter) -> Result<(), Denial> {
        let (of, own) = (unit(of), unit(own));
        Grant { role, unit: &of, own: &own }.reads(matter)
    }

    #[test]
    fn liaison_of_one_agency_answers_for_another() {
        let theirs = matter("13.71.dpupr", "");
        for role in [Liaison, UnitAdmin] {
            assert_eq!(told(role, "13.71.dlh", &theirs, &Action::Respond, None), Err(Denial::Unit));
            assert_eq!(told(role, "13.71.dpupr", &theirs, &Action::Respond, Some("13.71.dlh")), Err(Denial::Unit));
            assert_eq!(told(role, "13.71.dpupr", &theirs, &Action::Respond, None), Ok(()));
            assert_eq!(told(role, "13.71", &theirs, &Action::Respond, None), Ok(()));
        }
    }

    #[test]
    fn auditor_writes() {
        let any = matter("13.71.dlh", "");
        for action in [Action::Verify, Action::Respond, Action::Reply, Action::TakeBack, dispose("13.71"), transfer()] {
            for role in [Auditor, Admin] {
                assert_eq!(told(role, "13.71", &any, &action, None), Err(Denial::Role), "{action:?}");
            }
        }
        let (of, own) = (unit("13.71"), unit("13.71"));
        let grant = Grant { role: Auditor, unit: &of, own: &own };
        assert_eq!((grant.files(&of), grant.imports()), (Err(Denial::Role), Err(Denial::Role)));
        assert_eq!(read(Auditor, "13.71.dlh", "13.71", &matter("13.71.dpupr", "")), Ok(()));
    }

    #[test]
    fn officer_reads_complaint_about_own_government() {
        for (of, about) in [
            ("13.71", "13.71"),
            ("13.71", "13.71.dlh"),
            ("13.71.dlh", "13.71.dlh"),
            ("13.71.dlh", "13.71.dpupr"),
            ("13.71.dlh", "13.71"),
            ("13.71.01.1001", "13.71"),
            ("13.71", "13.71.01.1001"),
            ("13.71", "13"),
            ("13.71", "id"),
        ] {
            let matter = matter("13.71", about);
            for role in [UnitAdmin, Liaison, Auditor, Admin] {
                assert_eq!(read(role, of, "13.71", &matter), Err(Denial::Accused), "{of} reads about {about}");
                assert_eq!(told(role, of, &matter, &Action::Respond, None), Err(Denial::Accused), "{of} {about}");
                assert_eq!(told(role, of, &matter, &Action::Withdraw, None), Err(Denial::Accused), "{of} {about}");
            }
        }
    }

    #[test]
    fn complaint_about_another_government_is_hidden_from_who_handles_it() {
        for (of, about) in [("13", "13.71"), ("13", "13.71.dlh"), ("id", "13"), ("id", "id"), ("kl.pu", "13.71")] {
            assert_eq!(read(UnitAdmin, of, of, &matter(of, about)), Ok(()), "{of} about {about}");
        }
    }

    #[test]
    fn complaint_about_own_government_cannot_be_filed() {
        let (of, own) = (unit("13.71"), unit("13.71"));
        assert_eq!(Grant { role: Liaison, unit: &of, own: &own }.files(&unit("13.71.dlh")), Ok(()));
    }

    #[test]
    fn account_files_for_a_unit_beside_or_above() {
        let (of, own) = (unit("13.71.dlh"), unit("13.71"));
        for role in [Liaison, UnitAdmin] {
            let grant = Grant { role, unit: &of, own: &own };
            assert_eq!(grant.files(&unit("13.71")), Err(Denial::Unit));
            assert_eq!(grant.files(&unit("13.71.dpupr")), Err(Denial::Unit));
            assert_eq!(grant.files(&unit("13.71.dlh.uptd")), Ok(()));
            assert_eq!(grant.imports(), Err(if role == UnitAdmin { Denial::Unit } else { Denial::Role }));
        }
    }

    #[test]
    fn liaison_decides_what_is_the_unit_admins() {
        let own = matter("13.71.dlh", "");
        let redact = Action::Redact { event: crate::desk::EventName::parse("abcdef").unwrap() };
        let archive = Action::Archive { reason: Reason::Duplicate };
        let double = Action::Double { of: crate::desk::ComplaintName::Id(crate::domain::ComplaintId([9; 16])) };
        for action in [Action::Verify, archive, double, Action::TakeBack, dispose("13.71.dlh.uptd"), transfer(), redact]
        {
            assert_eq!(told(Liaison, "13.71.dlh", &own, &action, None), Err(Denial::Role), "{action:?}");
            assert_eq!(told(UnitAdmin, "13.71.dlh", &own, &action, None), Ok(()), "{action:?}");
        }
        assert_eq!(told(Liaison, "13.71.dlh", &own, &dispose("13.71"), None), Ok(()), "handing back");
        let relate = Action::Relate { to: crate::desk::ComplaintName::Id(crate::domain::ComplaintId([9; 16])) };
        assert_eq!(told(Liaison, "13.71.dlh", &own, &relate, None), Ok(()));
        assert_eq!(told(Liaison, "13.71.dpupr", &own, &relate, None), Err(Denial::Unit));
    }

    #[test]
    fn unit_admin_disposes_past_the_own_unit() {
        let own = matter("13.71.dlh", "");
        assert_eq!(told(UnitAdmin, "13.71.dlh", &own, &dispose("13.71.dpupr"), None), Err(Denial::Unit));
        assert_eq!(told(UnitAdmin, "13.71", &own, &dispose("13.71.dpupr"), None), Ok(()));
    }

    #[test]
    fn agency_reads_what_was_never_its_own() {
        let theirs = matter("13.71.dpupr", "");
        assert_eq!(read(Liaison, "13.71.dlh", "13.71", &theirs), Err(Denial::Unit));
        assert_eq!(read(Liaison, "13.71", "13.71", &matter("kl.pu", "")), Ok(()), "what went elsewhere");
        let once = Matter { holders: vec![unit("13.71.dlh"), unit("13.71.dpupr")], ..theirs };
        assert_eq!(read(Liaison, "13.71.dlh", "13.71", &once), Ok(()));
        assert_eq!(told(Liaison, "13.71.dlh", &once, &Action::Respond, None), Err(Denial::Unit));
    }

    #[test]
    fn admin_of_the_node_reads_complaints() {
        assert_eq!(read(Admin, "13.71", "13.71", &matter("13.71", "")), Err(Denial::Role));
    }
}
