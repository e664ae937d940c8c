/// How a protocol's sockets are found dead: they are pinged while they are quiet, and closed with 1008 when nothing comes.
struct Liveness: Sendable, Equatable {
    /// Between two pings to a quiet socket.
    var ping: Duration
    /// Without a frame of any kind, pongs included.
    var silence: Duration
}
