//! The HTTP edge: routes, bodies, problems, sockets.
