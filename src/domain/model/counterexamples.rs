//! What went wrong before each rule was there: with the rule it does not, without it it does.
