//! What the audit must find: one alteration a test.
