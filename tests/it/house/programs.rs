//! That the harness finds both programs, whatever built the tests.

use lintas_tests::programs;

#[test]
fn programs_are_not_there_to_be_tested() {
    for program in [programs::hub(), programs::node()] {
        let program = program.unwrap_or_else(|error| panic!("{error}"));
        assert!(program.is_file(), "{}", program.display());
    }
}
