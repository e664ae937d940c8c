/// Any WebSocket feed: where it is, how one subscribes, how events are made, and where a message has its number.
public struct ForeignFeed: Sendable {
    let address: PlainAddress
    let dialect: AnyFeedDialect
    let publishing: Publishing
    let headers: [String]
    /// Numbers are ours, put into each event by `{n}`.
    let isNumberedByUs: Bool

    var hosts: [String] {
        if case .request(let template) = publishing { return [address.host, template.host] }
        return [address.host]
    }

    /// - Parameters:
    ///   - url: `ws://host:port/path`.
    ///   - publish: `METHOD URL`, or `SEND TEXT` for a message on a WebSocket of the publisher's own; `{n}` and `{time}` in it are
    ///     the event's number, from 1, and when it was due, in nanoseconds of this machine's monotonic clock.
    ///   - body: Of that request.
    ///   - hello: Messages a subscriber sends once it is open.
    ///   - number: Where a message has its number: `$.payload.n`.
    ///   - time: Where it has `{time}`; nil goes by the number.
    ///   - payload: Bytes that `{payload}` in it stands for: events must have some weight to fill a stalled reader's buffers.
    ///   - headers: More header lines, `Name: value`, for upgrades and for publishing.
    /// - Throws: `.invalid` naming what cannot be understood.
    public init(
        url: String, publish: String, body: String?, payload: Int, hello: [String], number: String, time: String?,
        headers: [String]
    ) throws(KitError) {
        address = try PlainAddress(url, schemes: ["ws", "http"])
        self.headers = headers
        dialect = AnyFeedDialect(
            target: address.target, hello: hello, number: try JSONPath(number),
            time: try time.map { text throws(KitError) in try JSONPath(text) })
        guard publish.hasPrefix("SEND ") else {
            let template = try RequestTemplate(publish, body: body, headers: headers, payload: payload)
            isNumberedByUs = template.hasNumber
            publishing = .request(template)
            try Self.check(isNumberedByUs, time, template.hasTime)
            return
        }
        guard body == nil else { throw KitError(.invalid, "--body goes with a request; SEND has the message itself") }
        let template = Template(String(publish.dropFirst(5)), payload: payload)
        isNumberedByUs = template.hasNumber
        publishing = .message(template)
        try Self.check(isNumberedByUs, time, template.hasTime)
    }

    private static func check(_ isNumbered: Bool, _ time: String?, _ hasTime: Bool) throws(KitError) {
        guard time == nil || hasTime else {
            throw KitError(
                .invalid, "--time says where a message has its time, but --publish does not put {time} into it")
        }
        guard isNumbered || hasTime else {
            throw KitError(
                .invalid, "put {n} or {time} into --publish: without them nobody knows when an event was sent")
        }
    }
}
