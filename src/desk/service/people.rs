//! Accounts, sessions and approvals as a gRPC service. Who may look after accounts is asked here, once a call.

use tonic::{Request, Response, Status};

use super::admit::{self, Door, SESSION};
use super::calls::{DeskService, refuse};
use super::roster;
use crate::accounts::{AccountError, Password, Person, Revision, Token, approval};
use crate::desk::{Actor, DeskError};
use crate::domain::{AccountRole, UnitCode};
use crate::protocol::desk::v1 as messages;
use crate::protocol::desk::v1::accounts_server::Accounts as Calls;
use crate::protocol::desk::v1::change_account_request::Change;
use crate::store::Store;

fn no(error: AccountError) -> Status {
    refuse(error.into())
}

#[tonic::async_trait]
impl<S: Store> Calls for DeskService<S> {
    async fn login(&self, request: Request<messages::LoginRequest>) -> Result<Response<messages::LoginReply>, Status> {
        let messages::LoginRequest { login, password, new_password } = request.into_inner();
        let new = (!new_password.is_empty()).then(|| Password::typed(&new_password));
        let entered = self.desk.accounts().log_in(&login, &Password::typed(&password), new.as_ref()).await;
        let entered = entered.map_err(|error| {
            if matches!(error, AccountError::Refused) {
                tracing::info!(code = error.code(), "refused a login");
            }
            no(error)
        })?;
        Ok(Response::new(messages::LoginReply {
            token: entered.token.reveal().to_string(),
            expires_micros: entered.expires.0,
            role: entered.account.role.name().to_owned(),
            unit: entered.account.unit.to_string(),
        }))
    }

    async fn logout(
        &self,
        request: Request<messages::LogoutRequest>,
    ) -> Result<Response<messages::LogoutReply>, Status> {
        let token = request.metadata().get(SESSION).and_then(|text| Token::parse(text.to_str().ok()?));
        let token = token.ok_or(AccountError::NotLoggedIn).map_err(no)?;
        self.desk.accounts().log_out(&token).await.map_err(no)?;
        Ok(Response::new(messages::LogoutReply {}))
    }

    async fn add_accounts(
        &self,
        request: Request<messages::AddAccountsRequest>,
    ) -> Result<Response<messages::AddAccountsReply>, Status> {
        let bound = self.keeper(&request).await.map_err(no)?;
        let mut new = Vec::new();
        let mut wrong = Vec::new();
        for (at, account) in (0_usize..).zip(request.into_inner().accounts) {
            let read = roster::new_account(account);
            match read.and_then(|account| bound.covers(&account.unit).map(|()| account)) {
                Ok(account) => new.push(account),
                Err(error) => wrong.push((at, error)),
            }
        }
        let made = if wrong.is_empty() { self.desk.accounts().add(&new).await } else { Err(wrong) };
        Ok(Response::new(match made {
            Ok(accounts) => {
                tracing::info!(accounts = accounts.len(), "accounts made");
                let accounts = accounts.iter().map(|account| roster::account(account, self.desk.now())).collect();
                messages::AddAccountsReply { accounts, mistakes: Vec::new() }
            }
            Err(wrong) => {
                let mistakes = wrong.iter().map(|(at, error)| roster::mistake(*at, error)).collect();
                messages::AddAccountsReply { accounts: Vec::new(), mistakes }
            }
        }))
    }

    async fn list_accounts(
        &self,
        request: Request<messages::ListAccountsRequest>,
    ) -> Result<Response<messages::ListAccountsReply>, Status> {
        let bound = self.keeper(&request).await.map_err(no)?;
        let accounts = self.desk.accounts().list().await.map_err(no)?;
        let seen = accounts.iter().filter(|account| bound.covers(&account.unit).is_ok());
        let accounts = seen.map(|account| roster::account(account, self.desk.now())).collect();
        Ok(Response::new(messages::ListAccountsReply { accounts }))
    }

    async fn change_account(
        &self,
        request: Request<messages::ChangeAccountRequest>,
    ) -> Result<Response<messages::ChangeAccountReply>, Status> {
        let bound = self.keeper(&request).await.map_err(no)?;
        let messages::ChangeAccountRequest { login, change } = request.into_inner();
        let accounts = self.desk.accounts();
        bound.covers(&accounts.open(&login).await.map_err(no)?.unit).map_err(no)?;
        let revision = match change.ok_or(DeskError::NoAction).map_err(refuse)? {
            Change::Password(new) => {
                Revision::Password { password: Password::typed(&new.password), one_time: new.one_time }
            }
            Change::Role(new) => {
                let (role, unit) = roster::role(&new).map_err(no)?;
                unit.as_ref().map_or(Ok(()), |unit| bound.covers(unit)).map_err(no)?;
                Revision::Role { role, unit }
            }
            Change::CloseAccount(_) => Revision::Close,
        };
        let account = accounts.revise(&login, revision).await.map_err(no)?;
        let account = Some(roster::account(&account, self.desk.now()));
        Ok(Response::new(messages::ChangeAccountReply { account }))
    }

    async fn list_approvals(
        &self,
        request: Request<messages::ListApprovalsRequest>,
    ) -> Result<Response<messages::ListApprovalsReply>, Status> {
        self.keeper(&request).await.map_err(no)?;
        let requests = approval::waiting(self.desk.books(), self.desk.now()).await.map_err(no)?;
        Ok(Response::new(messages::ListApprovalsReply { approvals: requests.iter().map(roster::approval).collect() }))
    }

    async fn approve(
        &self,
        request: Request<messages::ApproveRequest>,
    ) -> Result<Response<messages::ApproveReply>, Status> {
        let bound = self.keeper(&request).await.map_err(no)?;
        let id = request.into_inner().id;
        let approved = approval::approve(self.desk.books(), &id, &bound.person, self.desk.now()).await.map_err(no)?;
        tracing::info!(request = approval::name(&approved), kind = approved.kind, "approved by a second person");
        Ok(Response::new(messages::ApproveReply { approval: Some(roster::approval(&approved)) }))
    }
}

/// Whoever looks after accounts, and for which units.
struct Keeper {
    unit: UnitCode,
    person: Person,
}

impl Keeper {
    fn covers(&self, unit: &UnitCode) -> Result<(), AccountError> {
        if self.unit.contains(unit) {
            return Ok(());
        }
        Err(AccountError::ForeignUnit { unit: unit.clone(), own: self.unit.clone() })
    }
}

impl<S: Store> DeskService<S> {
    /// Who endorses keys for the whole node: its operator, or an admin of all of it.
    pub(super) async fn endorser<T: Sync>(&self, request: &Request<T>) -> Result<Person, AccountError> {
        let keeper = self.keeper(request).await?;
        keeper.covers(self.desk.accounts().own())?;
        Ok(keeper.person)
    }

    /// The node's operator, or an admin.
    async fn keeper<T: Sync>(&self, request: &Request<T>) -> Result<Keeper, AccountError> {
        let accounts = self.desk.accounts();
        match (admit::actor(self.door, accounts, request.metadata()).await?, self.door) {
            (Actor::Operator, Door::Operator(uid)) => {
                Ok(Keeper { unit: accounts.own().clone(), person: Person::of_uid(uid) })
            }
            (Actor::Operator, Door::People) => Err(AccountError::NotLoggedIn),
            (Actor::Holder(holder), _) if holder.role == AccountRole::Admin => {
                Ok(Keeper { unit: holder.unit, person: holder.person })
            }
            (Actor::Holder(holder), _) => Err(AccountError::NotAllowed { role: holder.role }),
        }
    }
}
