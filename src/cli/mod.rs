//! The command line: what is asked for, and how it is shown.

mod board;
mod format;
mod lines;
mod sanitize;
mod style;
mod tree;
