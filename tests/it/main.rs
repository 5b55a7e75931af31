//! The one integration-test binary. Each module holds the tests of one thing; what they share is in `lintas_tests`.
//! Each is marked as a test, so that its helpers too may stop at the first surprise.

#[cfg(test)]
mod care;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod house;
#[cfg(test)]
mod hub;
#[cfg(test)]
mod nation;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod simulation;
