//! What must not compile: trust that nobody has proven.
//!
//! The messages are checked too, because any typo fails to compile as well.

#[test]
fn trust_cannot_be_had_but_by_passing_the_checks() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("cases/*.rs");
    if cfg!(feature = "repository") {
        cases.compile_fail("cases/repository/*.rs");
    }
    if cfg!(all(feature = "repository", feature = "request")) {
        cases.compile_fail("cases/request/*.rs");
    }
}
