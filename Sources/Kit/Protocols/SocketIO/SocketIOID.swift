/// Names of sessions and sockets: 20 characters for 15 random bytes, which nobody guesses.
enum SocketIOID {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<15).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
