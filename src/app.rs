//! Wires the parts into a running server and owns the order of their shutdown.
