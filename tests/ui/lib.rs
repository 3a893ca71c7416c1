//! What must not compile, in `cases/`, each with the message that the compiler gives.
