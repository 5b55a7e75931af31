//! What the end-to-end tests and the demo share. It tests the programs from outside and is no part of them.
