//! The tests of ota-trust are a package of their own, so that building the library builds nothing for
//! them. `it/` has a module for each attack or behaviour, `memory.rs` counts what files cost, `ui/` is
//! a further package with what must not compile, and `interop/` holds the library against other
//! implementations.
