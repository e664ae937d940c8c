/// When the clients of a server that stops come back: not all in one moment.
struct ReturnSpread: Sendable {
    /// Upgrades that a server takes on beside its other work, a second.
    private static let rate = 2_000

    /// From 250 ms to 30 s.
    let window: Duration

    init(connections: Int) {
        window = max(.milliseconds(250), min(.seconds(1) * connections / Self.rate, .seconds(30)))
    }

    /// For one client, at random, in whole milliseconds.
    func delay(using random: inout some RandomNumberGenerator) -> Duration {
        .milliseconds(Int.random(in: 0...Int(window / .milliseconds(1)), using: &random))
    }
}
