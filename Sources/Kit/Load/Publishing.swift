/// How events come into being.
enum Publishing: Sendable {
    /// `GET` of a short link; the requests of a connection are pipelined, and numbered by the server in their order.
    case click(targets: [String])
    /// Any HTTP request, one at a time on each connection.
    case request(RequestTemplate)
    /// A message on a WebSocket of the publisher's own.
    case message(Template)
}

/// A text with the event's number and time in it, and with filling: `{n}`, `{time}`, `{payload}`.
struct Template: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case literal([UInt8])
        case number, time
    }

    private let pieces: [Piece]

    /// - Parameter payload: Bytes `{payload}` stands for.
    init(_ text: String, payload: Int = 0) {
        let text = text.replacing("{payload}", with: String(repeating: "x", count: payload))
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let next = [("{n}", Piece.number), ("{time}", .time)].compactMap({ mark, piece in
            rest.firstRange(of: mark).map { (range: $0, piece: piece) }
        }).min(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            pieces.append(.literal(Array(rest[..<next.range.lowerBound].utf8)))
            pieces.append(next.piece)
            rest = rest[next.range.upperBound...]
        }
        self.pieces = pieces + [.literal(Array(rest.utf8))]
    }

    var hasNumber: Bool { pieces.contains(.number) }
    var hasTime: Bool { pieces.contains(.time) }

    /// - Parameter time: Nanoseconds of the monotonic clock.
    func write(number: Int64, time: Int64, to bytes: inout [UInt8]) {
        for piece in pieces {
            switch piece {
            case .literal(let literal): bytes += literal
            case .number: bytes += "\(number)".utf8
            case .time: bytes += "\(time)".utf8
            }
        }
    }
}

/// An HTTP request as it is written down: `POST http://127.0.0.1:9000/publish?n={n}`, with a body where there is one.
struct RequestTemplate: Sendable, Equatable {
    let host: String
    let port: UInt16
    private let method: String
    private let target: Template
    private let body: Template?
    private let headers: String

    /// - Parameters:
    ///   - text: Method and address.
    ///   - payload: Bytes `{payload}` stands for.
    ///   - headers: Such as `Authorization: Bearer …`; one each.
    /// - Throws: `.invalid` saying how to write it.
    init(_ text: String, body: String?, headers: [String], payload: Int = 0) throws(KitError) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].allSatisfy({ $0.isLetter && $0.isUppercase && $0.isASCII }) else {
            throw KitError(
                .invalid, "write --publish as 'METHOD URL', such as 'POST http://127.0.0.1:9000/publish?n={n}'")
        }
        let address = try PlainAddress(parts[1], schemes: ["http"])
        for header in headers {
            guard header.contains(":"), header.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value < 0x7F }) else {
                throw KitError(.invalid, "write a header as 'Name: value'")
            }
        }
        (method, host, port) = (parts[0], address.host, address.port)
        target = Template(address.target, payload: payload)
        self.body = body.map { Template($0, payload: payload) }
        self.headers = (["Host: \(address.authority)"] + headers).joined(separator: "\r\n") + "\r\n"
    }

    var hasNumber: Bool { target.hasNumber || body?.hasNumber ?? false }
    var hasTime: Bool { target.hasTime || body?.hasTime ?? false }

    func write(number: Int64, time: Int64, to bytes: inout [UInt8]) {
        bytes += "\(method) ".utf8
        target.write(number: number, time: time, to: &bytes)
        bytes += " HTTP/1.1\r\n\(headers)".utf8
        guard let body else {
            bytes += "\r\n".utf8
            return
        }
        var text: [UInt8] = []
        body.write(number: number, time: time, to: &text)
        bytes += "Content-Length: \(text.count)\r\n\r\n".utf8
        bytes += text
    }
}

/// Host, port and request target of an address, as it is written: nothing is decoded, so that `{n}` stays.
struct PlainAddress: Equatable {
    let host: String
    let port: UInt16
    let target: String

    /// As the `Host` header has it.
    var authority: String { "\(host):\(port)" }

    /// - Throws: `.invalid` saying what such an address looks like.
    init(_ text: String, schemes: [String]) throws(KitError) {
        let refused = KitError(
            .invalid, "\(text) is no address for this; write it like \(schemes[0])://127.0.0.1:9000/path, without TLS")
        guard let scheme = schemes.first(where: { text.hasPrefix("\($0)://") }) else { throw refused }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(authority.count)
        guard !authority.contains("@"), text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }) else {
            throw refused
        }
        let isBracketed = authority.hasPrefix("[")
        let host = isBracketed ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        let tail = authority.dropFirst(host.count)
        guard host.count > (isBracketed ? 2 : 0), let port = tail.isEmpty ? 80 : UInt16(tail.dropFirst()), port > 0,
            tail.isEmpty || tail.hasPrefix(":")
        else { throw refused }
        self.host = String(host)
        self.port = port
        target = path.isEmpty ? "/" : path.hasPrefix("?") ? "/" + path : String(path)
    }
}
