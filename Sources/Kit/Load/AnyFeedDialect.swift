/// Any WebSocket feed whose messages are JSON and carry a number, which counts up by one from event to event.
struct AnyFeedDialect: LoadDialect {
    let target: String
    let hello: [String]
    /// Where a message has its number.
    let number: JSONPath
    /// Where it has the time it was due, in nanoseconds, as `{time}` put it there; nil goes by the number.
    let time: JSONPath?

    var canResume: Bool { false }

    func target(of feed: Int, behind position: Position?) -> String { target }

    func hello(of feed: Int) -> [String] { hello }

    func opened(_ feed: Int, _ headers: [(name: String, value: String)]) -> LoadOpening { LoadOpening() }

    func read(_ message: UnsafeRawBufferPointer, of feed: Int) -> LoadMessage {
        guard let value = number.number(in: message), value > 0 else { return .other }
        return .event(epoch: 0, number: value, sentAt: time.flatMap { $0.number(in: message) })
    }
}
