//! Benches of each hot path by itself, and the program whose instructions are counted. `peers/` compares
//! whole processes with other clients, and `data/` makes the repositories that all of them read.
