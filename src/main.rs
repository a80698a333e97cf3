//! The `telltale` binary: everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    telltale::cli::main(std::env::args_os())
}
