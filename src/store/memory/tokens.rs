//! Joining tokens in memory.

use super::state::State;
use crate::domain::{Timestamp, TokenId};
use crate::store::tokens::not_open;
use crate::store::{StoreError, Token, TokenChange, TokenStanding};

impl State {
    /// All tokens, oldest first.
    pub(super) fn tokens(&self) -> Vec<Token> {
        let mut tokens: Vec<Token> = self.tokens.values().cloned().collect();
        tokens.sort_by_key(|token| (token.issued, token.id));
        tokens
    }

    /// The tokens that these changes touch, as they will be.
    pub(super) fn changed_tokens(&self, changes: &[TokenChange]) -> Result<Vec<Token>, StoreError> {
        let mut touched: Vec<Token> = Vec::new();
        for change in changes {
            let token = match change {
                TokenChange::Issue(token) if self.tokens.contains_key(&token.id) => return Err(not_open(token.id)),
                TokenChange::Issue(token) => token.clone(),
                TokenChange::Redeem { id, at, keys } => {
                    Token { redeemed: Some((*at, *keys)), ..self.open_token(&touched, *id, *at)? }
                }
                TokenChange::Withdraw { id, at } => {
                    Token { withdrawn: Some(*at), ..self.open_token(&touched, *id, *at)? }
                }
            };
            touched.push(token);
        }
        Ok(touched)
    }

    fn open_token(&self, touched: &[Token], id: TokenId, at: Timestamp) -> Result<Token, StoreError> {
        let found = touched.iter().rev().find(|token| token.id == id).or_else(|| self.tokens.get(&id));
        found.filter(|token| token.standing(at) == TokenStanding::Open).cloned().ok_or_else(|| not_open(id))
    }
}
